package dev.millrace.checkpoint;

/** Thrown if the files of a checkpoint do not match its manifest; the message names the file. */
public final class CorruptCheckpointException extends RuntimeException {
  public CorruptCheckpointException(String message) {
    super(message);
  }
}
