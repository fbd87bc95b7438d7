package dev.millrace.trainer.stream;

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
public record EpochSums(int batches, int rejected, long images, double lossSum, long correct) {
  /** The sums before the first record of an epoch. */
  public static final EpochSums ZERO = new EpochSums(0, 0, 0, 0, 0);

  public EpochSums withBatch() {
    return new EpochSums(batches + 1, rejected, images, lossSum, correct);
  }

  public EpochSums withRejected() {
    return new EpochSums(batches, rejected + 1, images, lossSum, correct);
  }

  public EpochSums withStep(TrainingSession.Result result) {
    return new EpochSums(
        batches,
        rejected,
        images + result.images(),
        lossSum + result.lossSum(),
        correct + result.correct());
  }

  public double meanLoss() {
    return images == 0 ? 0 : lossSum / images;
  }

  public double accuracy() {
    return images == 0 ? 0 : (double) correct / images;
  }
}
