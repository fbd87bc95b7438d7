package dev.millrace.ingest.kafka;

import dev.millrace.start.kafka.KafkaErrors;
import dev.millrace.waits.Waits;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Repeats calls to Kafka that fail for the time being, and reports why they fail. One thread calls;
 * {@link #lastError()} may be read by any.
 */
public final class KafkaRetry {
  private static final Logger LOG = Logger.getLogger(KafkaRetry.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final Waits waits;
  private final Object brokers;
  private volatile String lastError;
  private Runnable repair = () -> {};

  /** Kafka did not answer a call, or refused it for the time being. The caller repeats it. */
  public static final class KafkaUnavailableException extends RuntimeException {
    KafkaUnavailableException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * @param brokers the addresses of Kafka, for messages
   */
  public KafkaRetry(Waits waits, Object brokers) {
    this.waits = waits;
    this.brokers = brokers;
  }

  /**
   * Sets what to call when Kafka answers but does not take records in time: a topic may have been
   * deleted.
   */
  void setRepair(Runnable call) {
    repair = call;
  }

  /** Returns why the current call fails; null if it does not. */
  public String lastError() {
    return lastError;
  }

  private String reason() {
    String reason = lastError;
    return "Kafka at %s to answer%s".formatted(brokers, reason == null ? "" : ": " + reason);
  }

  /**
   * Repeats a call every second until it succeeds.
   *
   * @param call throws {@link KafkaUnavailableException} if it is to be repeated
   * @throws PublishRefusedException if the error is permanent, such as a denied right
   */
  <T> T retry(Supplier<T> call) throws InterruptedException {
    try (Waits.Wait wait = waits.begin(this::reason)) {
      while (true) {
        try {
          T result = call.get();
          if (lastError != null) {
            LOG.info("Kafka answers again");
          }
          lastError = null;
          return result;
        } catch (KafkaUnavailableException e) {
          backOff(e);
        }
      }
    }
  }

  private void backOff(KafkaUnavailableException e) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("stopped while waiting for Kafka");
    }
    Optional<String> permanent = KafkaErrors.permanent(e);
    if (permanent.isPresent()) {
      throw new PublishRefusedException(permanent.get(), e);
    }
    if (lastError == null) {
      LOG.warnf("%s; retrying until Kafka answers", e.getMessage());
    }
    lastError = e.getMessage();
    if (e.getCause() instanceof TimeoutException) {
      repair();
    }
    Thread.sleep(RETRY.toMillis());
  }

  private void repair() {
    try {
      repair.run();
    } catch (KafkaUnavailableException e) {
      lastError = e.getMessage();
    }
  }

  /** See {@link #retry(Supplier)}. */
  void retry(Runnable call) throws InterruptedException {
    retry(
        () -> {
          call.run();
          return null;
        });
  }
}
