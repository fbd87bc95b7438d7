package dev.millrace.ingest.dataset;

/** No source has the archive of a dataset. Another dataset may be available. */
public final class DatasetUnavailableException extends UnusableDatasetException {
  public DatasetUnavailableException(String message) {
    super(message);
  }

  public DatasetUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
