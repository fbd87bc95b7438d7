package dev.millrace.protocol;

import java.time.Instant;

/**
 * A record of {@code millrace.metrics}. Fields that a type does not use are absent.
 *
 * @param schema version of this JSON, now {@value #SCHEMA}
 * @param epoch the epoch under way, from 1
 * @param epochs epochs of the whole run
 * @param step steps since the run's beginning
 * @param batch steps in this epoch so far
 * @param batches steps in an epoch
 * @param loss mean training loss of the epoch so far, in nats
 * @param accuracy training accuracy of the epoch so far, in [0, 1]
 * @param validationAccuracy in [0, 1], of the last epoch that ended
 * @param testAccuracy in [0, 1], of the best checkpoint; {@link Type#FINISHED} only
 * @param etaSeconds until the run's end at the present speed
 * @param message why it stopped; {@link Type#FAILED} only
 */
public record TrainingEvent(
    int schema,
    Type type,
    String run,
    Instant time,
    int epoch,
    int epochs,
    long step,
    int batch,
    int batches,
    Double loss,
    Double accuracy,
    Double validationLoss,
    Double validationAccuracy,
    Double testAccuracy,
    Double learningRate,
    Double imagesPerSecond,
    Double etaSeconds,
    String message) {
  public static final int SCHEMA = 1;

  /** What happened. */
  public enum Type {
    /** About once a second while training. */
    PROGRESS,
    /** An epoch was trained, evaluated and checkpointed. */
    EPOCH,
    /** The run is complete and its report is in S3. */
    FINISHED,
    /** The run stopped and needs a person. */
    FAILED
  }
}
