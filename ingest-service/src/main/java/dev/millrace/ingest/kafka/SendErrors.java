package dev.millrace.ingest.kafka;

import dev.millrace.start.kafka.KafkaErrors;
import java.util.Optional;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.RecordTooLargeException;

/** Explains why Kafka refused a record. */
final class SendErrors {
  private SendErrors() {}

  /**
   * Returns the exception to throw for a refused record.
   *
   * @return a {@link PublishRefusedException} if the settings must change, else one that ends the
   *     process, so that a restarted one tries again
   */
  static RuntimeException explain(String topic, Throwable cause) {
    if (cause instanceof RecordTooLargeException) {
      return new PublishRefusedException(
          "%s does not accept records of this size (%s); raise the topic's max.message.bytes to %s or lower MILLRACE_INGEST_BATCH_SIZE"
              .formatted(topic, cause.getMessage(), TopicSetup.MAX_MESSAGE_BYTES),
          cause);
    }
    Optional<String> permanent =
        cause instanceof InvalidRecordException
            ? Optional.of("%s refuses a record: %s".formatted(topic, cause.getMessage()))
            : KafkaErrors.permanent(cause);
    if (permanent.isPresent()) {
      return new PublishRefusedException(permanent.get(), cause);
    }
    return new IllegalStateException("%s refuses a record: %s".formatted(topic, cause), cause);
  }
}
