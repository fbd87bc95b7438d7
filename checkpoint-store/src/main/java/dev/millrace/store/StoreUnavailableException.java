package dev.millrace.store;

/**
 * The object store does not answer at present: an outage, an overload, a full disk. The same
 * request may succeed later.
 */
public final class StoreUnavailableException extends StoreException {
  public StoreUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
