package dev.millrace.stack.process;

import dev.millrace.stack.home.CommandFailedException;

/** A process of the stack ended and is not restarted. The message is the last line of its log. */
public final class ProcessFailedException extends CommandFailedException {
  private final String process;
  private final int code;

  public ProcessFailedException(String process, int code, String message) {
    // Code 0 is a failure too: the process should have kept running.
    super(message, code == 0 ? 1 : code);
    this.process = process;
    this.code = code;
  }

  /** Returns whether the named process ended with the given code. */
  public boolean isExit(String process, int code) {
    return this.process.equals(process) && this.code == code;
  }
}
