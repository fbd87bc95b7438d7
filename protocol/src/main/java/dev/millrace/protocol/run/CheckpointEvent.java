package dev.millrace.protocol.run;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import java.time.Instant;

/**
 * A record of {@code millrace.checkpoints}, sent after the fact: what it names is complete in S3.
 * The trainer sends {@link Type#SAVED} and {@link Type#BEST}, the inference service what a person
 * changed there.
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

  /** Creates an event of now about a checkpoint. */
  public static CheckpointEvent of(Type type, CheckpointManifest checkpoint) {
    return new CheckpointEvent(
        SCHEMA,
        type,
        checkpoint.run(),
        checkpoint.id(),
        checkpoint.epoch(),
        checkpoint.step(),
        checkpoint.validationAccuracy(),
        Instant.now());
  }

  /** Creates an event of now that says that a checkpoint became the best. */
  public static CheckpointEvent of(BestCheckpoint best) {
    return new CheckpointEvent(
        SCHEMA,
        Type.BEST,
        best.run(),
        best.checkpoint(),
        best.epoch(),
        best.step(),
        best.validationAccuracy(),
        Instant.now());
  }

  /** What happened. */
  public enum Type {
    /** The checkpoint is complete in S3. */
    SAVED,
    /** {@code best.json} names it now. */
    BEST,
    /** A person chose it; it serves until it is unpinned, whatever is the best. */
    PROMOTED,
    /** A person went back to it; it serves until it is unpinned. */
    ROLLED_BACK,
    /** It served, and a person holds it. */
    PINNED,
    /** It served, and from now on the best serves again. */
    UNPINNED,
    /** One that this reader is too old to know; to be passed over. */
    @JsonEnumDefaultValue
    OTHER
  }
}
