package dev.millrace.inference.selection;

/** What a person wants of the served model cannot be; the message says why. */
public final class ControlException extends RuntimeException {
  /** Why not. */
  public enum Kind {
    /** There is no such checkpoint. */
    UNKNOWN_CHECKPOINT,
    /** Several runs have a checkpoint of that id. */
    AMBIGUOUS,
    /** It failed its verification. */
    REFUSED,
    /** There is nothing to hold, or to go back to. */
    NOTHING
  }

  private final Kind kind;

  public ControlException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
