package dev.millrace.inference.run;

import dev.millrace.protocol.run.TrainingEvent;

/**
 * What an epoch came to, as it stands in {@code metrics/epoch-0001.json}.
 *
 * @param trainLoss mean cross-entropy in nats
 * @param trainAccuracy in [0, 1]
 * @param seconds of training and evaluation; absent if only the event is known
 */
public record EpochPoint(
    int epoch,
    long step,
    Double trainLoss,
    Double trainAccuracy,
    Double validationLoss,
    Double validationAccuracy,
    Double learningRate,
    Double imagesPerSecond,
    Double seconds) {

  static EpochPoint of(TrainingEvent event) {
    return new EpochPoint(
        event.epoch(),
        event.step(),
        event.loss(),
        event.accuracy(),
        event.validationLoss(),
        event.validationAccuracy(),
        event.learningRate(),
        event.imagesPerSecond(),
        null);
  }
}
