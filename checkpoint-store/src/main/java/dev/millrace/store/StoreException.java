package dev.millrace.store;

/**
 * Thrown if a request to the object store failed. The message states the request, the cause and the
 * remedy.
 */
public abstract sealed class StoreException extends RuntimeException
    permits StoreUnavailableException, StoreRefusedException {
  StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
