package dev.millrace.protocol.run;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import java.time.Instant;

/**
 * A record of {@code millrace.checkpoints}. It is sent after the change is complete: the checkpoint
 * that it names is complete in S3. The trainer sends {@link Type#SAVED} and {@link Type#BEST}. The
 * inference service sends the changes that an operator makes there.
 *
 * @param schema version of this JSON, now {@value #SCHEMA}
 * @param checkpoint id of the checkpoint, such as {@code epoch-0000000001-step-0000000391}
 * @param validationAccuracy in [0, 1]; absent for a checkpoint in mid-epoch
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

  /** Creates an event about a checkpoint, with the current time. */
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

  /** Creates a {@link Type#BEST} event with the current time. */
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

  /** The kind of event. */
  public enum Type {
    /** The checkpoint is complete in S3. */
    SAVED,
    /** {@code best.json} now names the checkpoint. */
    BEST,
    /**
     * An operator promoted the checkpoint. It is served until it is unpinned, regardless of the
     * best one.
     */
    PROMOTED,
    /** An operator rolled back to the checkpoint. It is served until it is unpinned. */
    ROLLED_BACK,
    /** An operator pinned the checkpoint that was being served. */
    PINNED,
    /** An operator unpinned the checkpoint. The best checkpoint is served again. */
    UNPINNED,
    /** A type that a later version wrote; readers ignore it. */
    @JsonEnumDefaultValue
    OTHER
  }
}
