package dev.millrace.start;

/**
 * Thrown while a service starts for what no restart can mend; the message, for people, is all that
 * is said. See {@link ServiceStart}.
 */
public final class CannotStartException extends RuntimeException {
  public CannotStartException(String message) {
    super(message);
  }
}
