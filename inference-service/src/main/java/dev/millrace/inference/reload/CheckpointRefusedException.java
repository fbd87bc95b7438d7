package dev.millrace.inference.reload;

/** A checkpoint is not fit to be served; the message is the reason. */
final class CheckpointRefusedException extends RuntimeException {
  CheckpointRefusedException(String reason) {
    super(reason);
  }

  CheckpointRefusedException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
