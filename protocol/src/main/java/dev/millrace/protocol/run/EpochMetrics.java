package dev.millrace.protocol.run;

import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import java.util.Locale;
import java.util.Map;

/**
 * The metrics of one epoch: {@code metrics/epoch-0000000001.json}. Unknown values are null, for
 * example the last three values of an epoch that is only known from its {@link TrainingEvent}.
 *
 * @param schema version of this JSON, now {@value #SCHEMA}
 * @param epoch number of the epoch, from 1
 * @param step steps since the start of the run
 * @param trainLoss mean cross-entropy in nats
 * @param trainAccuracy in [0, 1]
 * @param validationLoss mean cross-entropy in nats
 * @param validationAccuracy in [0, 1]
 * @param learningRate learning rate of the last step of the epoch
 * @param imagesPerSecond training speed, without evaluation
 * @param seconds duration of training and evaluation since the start of the epoch or, if later, the
 *     last resume
 * @param rejected records that could not be read and were skipped
 * @param nextOffsets by partition: the first record after this epoch
 */
public record EpochMetrics(
    int schema,
    int epoch,
    long step,
    Double trainLoss,
    Double trainAccuracy,
    Double validationLoss,
    Double validationAccuracy,
    Double learningRate,
    Double imagesPerSecond,
    Double seconds,
    Integer rejected,
    Map<Integer, Long> nextOffsets) {
  public static final int SCHEMA = 1;

  /**
   * How fast an epoch was trained, as in {@link EpochMetrics}.
   *
   * @param learningRate learning rate of the last step of the epoch
   */
  public record Speed(double learningRate, double imagesPerSecond, double seconds) {
    /** The speed of an epoch of which only the results are known. */
    public static final Speed UNKNOWN = new Speed(0, 0, 0);
  }

  /** Creates the metrics of a whole epoch. */
  public static EpochMetrics of(
      int epoch,
      long step,
      CheckpointMetrics results,
      Speed speed,
      int rejected,
      Map<Integer, Long> nextOffsets) {
    return new EpochMetrics(
        SCHEMA,
        epoch,
        step,
        results.trainLoss(),
        results.trainAccuracy(),
        results.validationLoss(),
        results.validationAccuracy(),
        speed.learningRate(),
        speed.imagesPerSecond(),
        speed.seconds(),
        rejected,
        nextOffsets);
  }

  /** Creates the metrics from an {@link TrainingEvent.Type#EPOCH} event. */
  public static EpochMetrics of(TrainingEvent event) {
    return new EpochMetrics(
        SCHEMA,
        event.epoch(),
        event.step(),
        event.loss(),
        event.accuracy(),
        event.validationLoss(),
        event.validationAccuracy(),
        event.learningRate(),
        event.imagesPerSecond(),
        null,
        null,
        null);
  }

  /** Returns the path of an epoch's metrics, relative to the folder of its run. */
  public static String path(int epoch) {
    return String.format(Locale.ROOT, "metrics/epoch-%010d.json", epoch);
  }
}
