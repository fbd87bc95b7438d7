package dev.millrace.ingest.kafka;

/** Thrown if ingest cannot continue until a person changes something; the message says what. */
public final class IngestStoppedException extends RuntimeException {
  IngestStoppedException(String message) {
    super(message);
  }

  IngestStoppedException(String message, Throwable cause) {
    super(message, cause);
  }
}
