package dev.millrace.inference.selection;

/** An operator asked for a change that is not possible. The message says why. */
public final class ControlException extends RuntimeException {
  /** The cause. */
  public enum Kind {
    /** There is no such checkpoint. */
    UNKNOWN_CHECKPOINT,
    /** Several runs have a checkpoint of that id. */
    AMBIGUOUS,
    /** It failed its verification. */
    REFUSED,
    /** There is nothing to pin or to roll back to. */
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
