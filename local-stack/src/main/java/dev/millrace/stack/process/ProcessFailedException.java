package dev.millrace.stack.process;

import dev.millrace.stack.home.StackException;

/** A process of the stack ended and is not started again; its last words are the message. */
public final class ProcessFailedException extends StackException {
  private final String process;
  private final int code;

  public ProcessFailedException(String process, int code, String message) {
    // Code 0 is no success either: the process should have stayed.
    super(message, code == 0 ? 1 : code);
    this.process = process;
    this.code = code;
  }

  /** Whether this is the end of that process with that code. */
  public boolean is(String process, int code) {
    return this.process.equals(process) && this.code == code;
  }
}
