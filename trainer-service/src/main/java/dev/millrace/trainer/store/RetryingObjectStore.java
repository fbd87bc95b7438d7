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
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private final String endpoint;
  private final Waits waits;
  private final RetryPolicy<Object> policy =
      RetryPolicy.builder()
          .handle(StoreUnavailableException.class)
          .withMaxRetries(-1)
          .withBackoff(SHORTEST_PAUSE, LONGEST_PAUSE)
          .withJitter(0.25)
          .onFailedAttempt(attempt -> failed(attempt.getLastException()))
          .build();
  private volatile String trouble;

  public RetryingObjectStore(ObjectStore delegate, String endpoint, Waits waits) {
    super(delegate);
    this.endpoint = endpoint;
    this.waits = waits;
  }

  /** Returns why the store does not answer at present, or null if it does. */
  public String trouble() {
    return trouble;
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
    try (Waits.Wait wait = waits.begin(this::description)) {
      T result = Failsafe.with(policy).get(call::get);
      answered();
      return result;
    } catch (FailsafeException e) {
      // The only possible checked exception is InterruptedException.
      Thread.currentThread().interrupt();
      throw new StoreUnavailableException("interrupted while waiting for " + description(), e);
    }
  }

  private String description() {
    String reason = trouble;
    return reason == null
        ? "the object store at %s to answer".formatted(endpoint)
        : "the object store: " + reason;
  }

  private void failed(Throwable failure) {
    if (failure instanceof StoreUnavailableException) {
      if (trouble == null) {
        LOG.warnf("%s; trying again until it answers", failure.getMessage());
      }
      trouble = failure.getMessage();
    }
  }

  private void answered() {
    if (trouble != null) {
      LOG.info("the object store answers again");
      trouble = null;
    }
  }
}
