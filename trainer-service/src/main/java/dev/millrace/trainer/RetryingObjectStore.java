package dev.millrace.trainer;

import dev.millrace.model.ObjectStore;
import dev.millrace.model.StoreUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Tries again, without end, while the store is away: a checkpoint is late then, but never lost. An
 * interrupt ends the trying.
 */
final class RetryingObjectStore implements ObjectStore {
  private static final Logger LOG = Logger.getLogger(RetryingObjectStore.class);
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final ObjectStore delegate;
  private volatile String trouble;

  RetryingObjectStore(ObjectStore delegate) {
    this.delegate = delegate;
  }

  /** Why the store does not answer at present; null when it does. */
  String trouble() {
    return trouble;
  }

  @Override
  public void put(String key, byte[] content, String contentType) {
    retry(
        () -> {
          delegate.put(key, content, contentType);
          return null;
        });
  }

  @Override
  public boolean putIfUnchanged(
      String key, byte[] content, String contentType, Optional<String> expected) {
    return retry(() -> delegate.putIfUnchanged(key, content, contentType, expected));
  }

  @Override
  public Optional<StoredObject> get(String key) {
    return retry(() -> delegate.get(key));
  }

  @Override
  public List<String> keys(String prefix) {
    return retry(() -> delegate.keys(prefix));
  }

  @Override
  public List<String> folders(String prefix) {
    return retry(() -> delegate.folders(prefix));
  }

  @Override
  public void delete(String key) {
    retry(
        () -> {
          delegate.delete(key);
          return null;
        });
  }

  /** Makes a call that this interface does not have. */
  void run(Runnable call) {
    retry(
        () -> {
          call.run();
          return null;
        });
  }

  private <T> T retry(Supplier<T> call) {
    while (true) {
      try {
        T result = call.get();
        if (trouble != null) {
          LOG.info("the object store answers again");
          trouble = null;
        }
        return result;
      } catch (StoreUnavailableException e) {
        if (trouble == null) {
          LOG.warnf("%s; trying again until it answers", e.getMessage());
        }
        trouble = e.getMessage();
        LockSupport.parkNanos(PAUSE.toNanos());
        if (Thread.currentThread().isInterrupted()) {
          throw e;
        }
      }
    }
  }
}
