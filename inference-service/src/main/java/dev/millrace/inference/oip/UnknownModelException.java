package dev.millrace.inference.oip;

/** A request names an unknown model. */
public final class UnknownModelException extends RuntimeException {
  UnknownModelException(String message) {
    super(message);
  }
}
