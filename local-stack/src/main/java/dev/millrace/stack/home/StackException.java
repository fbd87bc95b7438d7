package dev.millrace.stack.home;

/** The stack cannot start or go on; the message says why and what to do. */
public class StackException extends RuntimeException {
  /** EX_CONFIG of sysexits.h: only a change of settings or data can help, not a restart. */
  public static final int NEEDS_PERSON = 78;

  /** EX_UNAVAILABLE of sysexits.h: no source of the dataset answers. */
  public static final int UNAVAILABLE = 69;

  private final int exitCode;

  public StackException(String message) {
    this(message, 1);
  }

  /**
   * @param exitCode of the launcher, not 0
   */
  public StackException(String message, int exitCode) {
    super(message);
    this.exitCode = exitCode;
  }

  public int exitCode() {
    return exitCode;
  }
}
