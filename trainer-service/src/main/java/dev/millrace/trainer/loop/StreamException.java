package dev.millrace.trainer.loop;

/** Training cannot go on rightly; the message says what was expected, found, and what to do. */
public final class StreamException extends RuntimeException {
  public StreamException(String message) {
    super(message);
  }

  public StreamException(String message, Throwable cause) {
    super(message, cause);
  }
}
