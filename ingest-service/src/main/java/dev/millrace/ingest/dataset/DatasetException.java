package dev.millrace.ingest.dataset;

/** A dataset cannot be used. The message names the file and the remedy. */
public class DatasetException extends RuntimeException {
  public DatasetException(String message) {
    super(message);
  }

  public DatasetException(String message, Throwable cause) {
    super(message, cause);
  }
}
