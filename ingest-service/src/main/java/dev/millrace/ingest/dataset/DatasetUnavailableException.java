package dev.millrace.ingest.dataset;

/** No source of a downloadable dataset answers with it. Another dataset may be there. */
public final class DatasetUnavailableException extends DatasetException {
  public DatasetUnavailableException(String message) {
    super(message);
  }

  public DatasetUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
