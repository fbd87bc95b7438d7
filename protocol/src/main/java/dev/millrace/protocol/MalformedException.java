package dev.millrace.protocol;

/** Thrown if external data violates its format. The message says where and how. */
public final class MalformedException extends RuntimeException {
  public MalformedException(String message) {
    super(message);
  }

  public MalformedException(String message, Throwable cause) {
    super(message, cause);
  }
}
