package dev.millrace.ingest;

/** What Kafka holds or does forbids to go on; the message says what a person must do. */
final class IngestStoppedException extends RuntimeException {
  IngestStoppedException(String message) {
    super(message);
  }

  IngestStoppedException(String message, Throwable cause) {
    super(message, cause);
  }
}
