package dev.millrace.inference.oip;

/** There is no model of the name that a client asks for. */
public final class UnknownModelException extends RuntimeException {
  UnknownModelException(String message) {
    super(message);
  }
}
