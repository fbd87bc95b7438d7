package dev.millrace.trainer.training;

import java.util.Locale;
import java.util.Map;

/**
 * What stands in {@code metrics/epoch-0001.json}.
 *
 * @param learningRate of the epoch's last step
 * @param seconds of training and evaluation since the epoch's begin, or since the last resume
 * @param imagesPerSecond trained in those seconds, evaluation not counted
 * @param rejected records that could not be read and were skipped
 * @param nextOffsets by partition: the first record after this epoch
 */
record EpochMetrics(
    int schema,
    int epoch,
    long step,
    double trainLoss,
    double trainAccuracy,
    double validationLoss,
    double validationAccuracy,
    double learningRate,
    double imagesPerSecond,
    double seconds,
    int rejected,
    Map<Integer, Long> nextOffsets) {
  static final int SCHEMA = 1;

  static String path(int epoch) {
    return String.format(Locale.ROOT, "metrics/epoch-%04d.json", epoch);
  }
}
