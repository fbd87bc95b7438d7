package dev.millrace.inference.serving;

/** A request was rejected before its forward pass. A later attempt may succeed. */
public final class RequestRejectedException extends RuntimeException {
  /** The cause. */
  public enum Kind {
    /** No checkpoint has been verified yet. */
    NO_MODEL,
    /** The request names a checkpoint that does not serve. */
    OTHER_CHECKPOINT,
    /** The queue is full. */
    QUEUE_FULL,
    /** The service is stopping. */
    CLOSED
  }

  private final Kind kind;

  RequestRejectedException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** The request names a checkpoint other than the one that serves. */
  public static RequestRejectedException other(String wanted, String serving) {
    return new RequestRejectedException(
        Kind.OTHER_CHECKPOINT, "checkpoint %s does not serve; %s does".formatted(wanted, serving));
  }

  /** No checkpoint serves yet. */
  public static RequestRejectedException nothing() {
    return new RequestRejectedException(Kind.NO_MODEL, "no checkpoint is being served yet");
  }

  public Kind kind() {
    return kind;
  }
}
