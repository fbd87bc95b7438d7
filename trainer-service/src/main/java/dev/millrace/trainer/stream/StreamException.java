package dev.millrace.trainer.stream;

/**
 * Thrown when training cannot continue correctly. The message says what was expected, what was
 * found and what to do.
 */
public final class StreamException extends RuntimeException {
  public StreamException(String message) {
    super(message);
  }

  public StreamException(String message, Throwable cause) {
    super(message, cause);
  }
}
