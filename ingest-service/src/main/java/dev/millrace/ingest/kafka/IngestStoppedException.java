package dev.millrace.ingest.kafka;

/** What Kafka holds or does forbids to go on; the message says what a person must do. */
public final class IngestStoppedException extends RuntimeException {
  IngestStoppedException(String message) {
    super(message);
  }

  IngestStoppedException(String message, Throwable cause) {
    super(message, cause);
  }
}
