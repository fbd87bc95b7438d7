package dev.millrace.store;

/**
 * A request to the object store failed; the message says what was tried, why it failed and what to
 * do.
 */
public abstract sealed class StoreException extends RuntimeException
    permits StoreUnavailableException, StoreRefusedException {
  StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
