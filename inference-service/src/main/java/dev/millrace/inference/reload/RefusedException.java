package dev.millrace.inference.reload;

/** A checkpoint is not fit to be served; the message is the reason. */
final class RefusedException extends RuntimeException {
  RefusedException(String reason) {
    super(reason);
  }

  RefusedException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
