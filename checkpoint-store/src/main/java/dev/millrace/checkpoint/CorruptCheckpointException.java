package dev.millrace.checkpoint;

/** A checkpoint's files are not what its manifest says; the message names the file. */
public final class CorruptCheckpointException extends RuntimeException {
  public CorruptCheckpointException(String message) {
    super(message);
  }
}
