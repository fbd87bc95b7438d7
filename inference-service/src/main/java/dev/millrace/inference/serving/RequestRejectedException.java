package dev.millrace.inference.serving;

/** A request is not answered; the same request may be answered later. */
public final class RequestRejectedException extends RuntimeException {
  /** Why not. */
  public enum Kind {
    /** No checkpoint has been verified yet. */
    NO_MODEL,
    /** Only a checkpoint that does not serve may answer it. */
    OTHER_CHECKPOINT,
    /** As many images wait as may wait. */
    QUEUE_FULL,
    /** The service is stopping. */
    CLOSED
  }

  private final Kind kind;

  RequestRejectedException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** For a request that names a checkpoint. */
  public static RequestRejectedException other(String wanted, String serving) {
    return new RequestRejectedException(
        Kind.OTHER_CHECKPOINT, "checkpoint %s does not serve; %s does".formatted(wanted, serving));
  }

  /** For a request that comes too early. */
  public static RequestRejectedException nothing() {
    return new RequestRejectedException(Kind.NO_MODEL, "no checkpoint is being served yet");
  }

  public Kind kind() {
    return kind;
  }
}
