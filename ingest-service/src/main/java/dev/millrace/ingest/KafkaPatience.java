package dev.millrace.ingest;

import java.time.Duration;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Asks Kafka until it answers, and says meanwhile why it does not. One thread asks. */
final class KafkaPatience {
  private static final Logger LOG = Logger.getLogger(KafkaPatience.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private volatile String trouble;

  /** Kafka did not answer, or refused. */
  static final class BrokerException extends RuntimeException {
    BrokerException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** Why Kafka does not answer at present; null when it does. */
  String trouble() {
    return trouble;
  }

  /**
   * @param call throws {@link BrokerException} if it is to be made again
   */
  <T> T untilItAnswers(Supplier<T> call) throws InterruptedException {
    while (true) {
      try {
        T result = call.get();
        if (trouble != null) {
          LOG.info("Kafka answers again");
        }
        trouble = null;
        return result;
      } catch (BrokerException e) {
        if (trouble == null) {
          LOG.warnf("%s; trying again until it answers", e.getMessage());
        }
        trouble = e.getMessage();
        Thread.sleep(RETRY.toMillis());
      }
    }
  }

  void untilItAnswers(Runnable call) throws InterruptedException {
    untilItAnswers(
        () -> {
          call.run();
          return null;
        });
  }
}
