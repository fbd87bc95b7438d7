package dev.millrace.model;

/** The object store did not answer, or refused; the message says what was tried and why not. */
public final class StoreUnavailableException extends RuntimeException {
  public StoreUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
