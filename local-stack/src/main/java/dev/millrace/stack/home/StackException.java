package dev.millrace.stack.home;

/** The stack cannot start or continue. The message says why, and what to do. */
public class StackException extends RuntimeException {
  /** EX_CONFIG of sysexits.h: a restart does not help; settings or data must change. */
  public static final int NEEDS_PERSON = 78;

  /** EX_UNAVAILABLE of sysexits.h: no source of the dataset is available. */
  public static final int UNAVAILABLE = 69;

  private final int exitCode;

  public StackException(String message) {
    this(message, 1);
  }

  /**
   * Creates an exception with an exit code.
   *
   * @param exitCode the exit code of the launcher, not 0
   */
  public StackException(String message, int exitCode) {
    super(message);
    this.exitCode = exitCode;
  }

  public int exitCode() {
    return exitCode;
  }
}
