package dev.millrace.protocol.run;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonIgnore;
import java.time.Instant;

/**
 * A record of {@code millrace.metrics}: the progress of a run, or what a service waits for. Fields
 * that a type does not use are absent.
 *
 * @param schema version of this JSON, now {@value #SCHEMA}
 * @param run name of the run; absent only in a {@link Type#WAITING} event of ingest
 * @param time when the event happened; for a {@link Type#WAITING} event, when the wait began
 * @param epoch the current epoch, from 1
 * @param epochs epochs of the whole run
 * @param step steps since the start of the run
 * @param batch steps in this epoch so far
 * @param batches steps in an epoch
 * @param loss mean training loss of the epoch so far, in nats
 * @param accuracy training accuracy of the epoch so far, in [0, 1]
 * @param validationAccuracy in [0, 1], for the last completed epoch
 * @param testAccuracy in [0, 1], for the best checkpoint; {@link Type#FINISHED} only
 * @param etaSeconds seconds until the end of the run at the current speed
 * @param message why the run stopped ({@link Type#FAILED}), or what the service waits for ({@link
 *     Type#WAITING}; absent when it no longer waits)
 * @param service {@code trainer} or {@code ingest}; {@link Type#WAITING} only
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
    String message,
    String service) {
  public static final int SCHEMA = 1;

  /**
   * Checks the fields that every reader requires.
   *
   * @throws IllegalArgumentException if {@code type}, {@code time} or {@code run} is missing
   */
  public TrainingEvent {
    if (type == null || time == null || run == null && type.ofARun()) {
      throw new IllegalArgumentException(
          "a training event needs type, time and run; found %s, %s and %s"
              .formatted(type, time, run));
    }
  }

  /** Starts an event with the current time. */
  public static TrainingEventBuilder builder(Type type, String run) {
    return new TrainingEventBuilder(type, run);
  }

  /**
   * Creates an event that says what a service waits for.
   *
   * @param run the trainer's run; null for ingest
   * @param since when the wait began
   * @param what completes "waiting for …"; null if the service no longer waits
   */
  public static TrainingEvent waiting(String service, String run, Instant since, String what) {
    return builder(Type.WAITING, run).time(since).service(service).message(what).build();
  }

  /** Returns whether the event describes the progress of a run. */
  @JsonIgnore
  public boolean isProgress() {
    return type.ofARun();
  }

  /** The kind of event. */
  public enum Type {
    /** The run is training; sent about once per second. */
    PROGRESS,
    /** An epoch was trained, evaluated and checkpointed. */
    EPOCH,
    /** The run is complete and its report is in S3. */
    FINISHED,
    /** The run stopped and needs an operator. */
    FAILED,
    /** A service has waited for more than five seconds, or no longer waits. */
    WAITING,
    /** A type that a later version wrote; readers ignore it. */
    @JsonEnumDefaultValue
    UNKNOWN;

    private boolean ofARun() {
      return this != WAITING && this != UNKNOWN;
    }
  }
}
