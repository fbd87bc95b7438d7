package dev.millrace.start;

/**
 * Thrown if a service cannot start and a restart would not help. Only the message is printed, so it
 * must be complete. See {@link ServiceStart}.
 */
public final class CannotStartException extends RuntimeException {
  public CannotStartException(String message) {
    super(message);
  }
}
