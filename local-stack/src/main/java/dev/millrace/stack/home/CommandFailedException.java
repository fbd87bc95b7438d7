package dev.millrace.stack.home;

/**
 * A command of the launcher cannot be carried out. Only the message is printed, so it says why, and
 * what the user must do.
 */
public class CommandFailedException extends RuntimeException {
  /** EX_CONFIG of sysexits.h: a restart does not help; settings or data must change. */
  public static final int EX_CONFIG = 78;

  /** EX_UNAVAILABLE of sysexits.h: no source of the dataset is available. */
  public static final int EX_UNAVAILABLE = 69;

  private final int exitCode;

  public CommandFailedException(String message) {
    this(message, 1);
  }

  /**
   * Creates an exception with an exit code.
   *
   * @param exitCode the exit code of the launcher, not 0
   */
  public CommandFailedException(String message, int exitCode) {
    super(message);
    this.exitCode = exitCode;
  }

  public int exitCode() {
    return exitCode;
  }
}
