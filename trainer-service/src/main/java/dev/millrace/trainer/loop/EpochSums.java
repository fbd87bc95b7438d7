package dev.millrace.trainer.loop;

import dev.millrace.trainer.step.TrainingSession;

/**
 * The sums of an epoch up to a position.
 *
 * @param batches minibatches that were trained or skipped
 * @param rejected records that were skipped because they could not be read
 * @param images images that were trained
 * @param lossSum sum of the images' losses, in nats
 * @param correct images that were classified correctly before the step that trained them
 */
record EpochSums(int batches, int rejected, long images, double lossSum, long correct) {
  /** The sums before the first record of an epoch. */
  static final EpochSums ZERO = new EpochSums(0, 0, 0, 0, 0);

  EpochSums withBatch() {
    return new EpochSums(batches + 1, rejected, images, lossSum, correct);
  }

  EpochSums withRejected() {
    return new EpochSums(batches, rejected + 1, images, lossSum, correct);
  }

  EpochSums withStep(TrainingSession.Result result) {
    return new EpochSums(
        batches,
        rejected,
        images + result.images(),
        lossSum + result.lossSum(),
        correct + result.correct());
  }

  double meanLoss() {
    return images == 0 ? 0 : lossSum / images;
  }

  double accuracy() {
    return images == 0 ? 0 : (double) correct / images;
  }
}
