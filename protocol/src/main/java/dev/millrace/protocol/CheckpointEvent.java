package dev.millrace.protocol;

import java.time.Instant;

/**
 * A record of {@code millrace.checkpoints}, sent after the fact: what it names is complete in S3.
 *
 * @param schema version of this JSON, now {@value #SCHEMA}
 * @param checkpoint its id, such as {@code epoch-0001-step-00000391}
 * @param validationAccuracy in [0, 1]; absent in mid-epoch
 */
public record CheckpointEvent(
    int schema,
    Type type,
    String run,
    String checkpoint,
    int epoch,
    long step,
    Double validationAccuracy,
    Instant time) {
  public static final int SCHEMA = 1;

  /** What happened. */
  public enum Type {
    /** The checkpoint is complete in S3. */
    SAVED,
    /** {@code best.json} names it now. */
    BEST
  }
}
