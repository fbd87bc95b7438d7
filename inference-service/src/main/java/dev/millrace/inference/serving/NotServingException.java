package dev.millrace.inference.serving;

/** A request cannot be taken now; the same request may be taken later. */
public final class NotServingException extends RuntimeException {
  /** Why not. */
  public enum Kind {
    /** No checkpoint has been verified yet. */
    NO_MODEL,
    /** As many requests wait as may wait. */
    QUEUE_FULL,
    /** The service is stopping. */
    CLOSED
  }

  private final Kind kind;

  NotServingException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
