package dev.millrace.protocol;

/** Bytes from outside are not what their format asks for; the message says where and how. */
public final class MalformedException extends RuntimeException {
  public MalformedException(String message) {
    super(message);
  }

  public MalformedException(String message, Throwable cause) {
    super(message, cause);
  }
}
