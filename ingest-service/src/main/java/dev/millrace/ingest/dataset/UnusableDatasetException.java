package dev.millrace.ingest.dataset;

/** A dataset cannot be used. The message names the file and the remedy. */
public class UnusableDatasetException extends RuntimeException {
  public UnusableDatasetException(String message) {
    super(message);
  }

  public UnusableDatasetException(String message, Throwable cause) {
    super(message, cause);
  }
}
