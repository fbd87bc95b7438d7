package dev.millrace.ingest.kafka;

/**
 * Kafka, or what its topics hold, does not let ingest publish. A retry does not help: a person has
 * to change something. The message says what.
 */
public final class PublishRefusedException extends RuntimeException {
  PublishRefusedException(String message) {
    super(message);
  }

  PublishRefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
