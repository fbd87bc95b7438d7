package dev.millrace.trainer.store;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.millrace.store.ForwardingObjectStore;
import dev.millrace.store.ObjectStore;
import dev.millrace.store.StoreUnavailableException;
import dev.millrace.waits.Waits;
import java.time.Duration;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Retries without limit while the store is unavailable: a checkpoint may be late, but it is never
 * lost. An interrupt ends the retries. A refused request is not retried.
 */
public final class RetryingObjectStore extends ForwardingObjectStore {
  private static final Logger LOG = Logger.getLogger(RetryingObjectStore.class);
  private static final Duration MIN_PAUSE = Duration.ofMillis(200);
  private static final Duration MAX_PAUSE = Duration.ofSeconds(5);

  private final String endpoint;
  private final Waits waits;
  private final RetryPolicy<Object> policy =
      RetryPolicy.builder()
          .handle(StoreUnavailableException.class)
          .withMaxRetries(-1)
          .withBackoff(MIN_PAUSE, MAX_PAUSE)
          .withJitter(0.25)
          .onFailedAttempt(attempt -> recordFailure(attempt.getLastException()))
          .build();
  private volatile String lastError;

  public RetryingObjectStore(ObjectStore delegate, String endpoint, Waits waits) {
    super(delegate);
    this.endpoint = endpoint;
    this.waits = waits;
  }

  /** Returns why the store does not answer at present, or null if it does. */
  public String lastError() {
    return lastError;
  }

  /** Runs a call that is not part of {@link ObjectStore}, with the same retries. */
  public void run(Runnable call) {
    retry(
        () -> {
          call.run();
          return null;
        });
  }

  @Override
  protected <T> T around(String operation, String key, Supplier<T> call) {
    return retry(call);
  }

  private <T> T retry(Supplier<T> call) {
    try (Waits.Wait wait = waits.begin(this::describeWait)) {
      T result = Failsafe.with(policy).get(call::get);
      recordSuccess();
      return result;
    } catch (FailsafeException e) {
      // The only possible checked exception is InterruptedException.
      Thread.currentThread().interrupt();
      throw new StoreUnavailableException("interrupted while waiting for " + describeWait(), e);
    }
  }

  private String describeWait() {
    String reason = lastError;
    return reason == null
        ? "the object store at %s to answer".formatted(endpoint)
        : "the object store: " + reason;
  }

  private void recordFailure(Throwable failure) {
    if (failure instanceof StoreUnavailableException) {
      if (lastError == null) {
        LOG.warnf("%s; retrying until the store answers", failure.getMessage());
      }
      lastError = failure.getMessage();
    }
  }

  private void recordSuccess() {
    if (lastError != null) {
      LOG.info("the object store answers again");
      lastError = null;
    }
  }
}
