package dev.millrace.inference.reload;

/** A checkpoint failed its verification. The message is the reason. */
final class CheckpointRefusedException extends RuntimeException {
  CheckpointRefusedException(String reason) {
    super(reason);
  }

  CheckpointRefusedException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
