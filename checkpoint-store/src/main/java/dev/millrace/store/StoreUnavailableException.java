package dev.millrace.store;

/**
 * Thrown if the object store is temporarily unavailable, for example because of an outage, an
 * overload or a full disk. The same request may succeed later.
 */
public final class StoreUnavailableException extends StoreException {
  public StoreUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
