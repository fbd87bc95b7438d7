package dev.millrace.stack;

/** The stack cannot start or go on; the message says why and what to do. */
class StackException extends RuntimeException {
  private final int exitCode;

  StackException(String message) {
    this(message, 1);
  }

  /**
   * @param exitCode of the launcher, not 0
   */
  StackException(String message, int exitCode) {
    super(message);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
