package dev.millrace.protocol.run;

import dev.millrace.protocol.Normalization;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What stands in a checkpoint's {@code manifest.json}: all that resuming and serving need besides
 * the tensors. It is written last; a checkpoint without it does not exist.
 *
 * @param schema version of this JSON, now {@value #SCHEMA}
 * @param id {@code epoch-0001-step-00000391}
 * @param stream {@link dev.millrace.protocol.stream.StreamDescription#id()} that it was trained on
 * @param epoch the epoch that the last step belongs to, from 1
 * @param step steps since the run's beginning
 * @param nextOffsets by partition: the first record that is not in these weights
 * @param progress where in the epoch training stood
 * @param metrics of the epoch; absent in mid-epoch
 * @param recipe what the next step's arithmetic depends on besides the tensors
 * @param classes class names by index
 */
public record CheckpointManifest(
    int schema,
    String id,
    String run,
    String stream,
    String architecture,
    String dataset,
    Recipe recipe,
    int epoch,
    long step,
    Map<Integer, Long> nextOffsets,
    EpochProgress progress,
    CheckpointMetrics metrics,
    Normalization normalization,
    List<String> classes,
    StoredFile weights,
    StoredFile optimizer,
    Probe probe,
    Instant created) {
  public static final int SCHEMA = 2;

  /** The id of a checkpoint; ids sort by step. */
  public static String id(int epoch, long step) {
    return String.format(Locale.ROOT, "epoch-%04d-step-%08d", epoch, step);
  }

  /** Returns the validation accuracy in [0, 1]; null for a checkpoint in mid-epoch. */
  public Double validationAccuracy() {
    return metrics == null ? null : metrics.validationAccuracy();
  }

  /**
   * How the run trains. The schedule's position is the place in the stream: epoch and minibatches.
   *
   * @param seed of the initial weights
   * @param optimizer such as {@code sgd}
   * @param schedule such as {@code one-cycle}
   * @param learningRate the schedule's base; for one-cycle its peak
   * @param epochs of the whole run
   * @param shards parts of a minibatch whose gradients are added in order; absent in checkpoints
   *     before it was recorded, which had two for each core
   */
  public record Recipe(
      long seed,
      String optimizer,
      double momentum,
      double weightDecay,
      String schedule,
      double learningRate,
      int epochs,
      Integer shards) {
    /** Returns the same recipe with other shards. */
    public Recipe withShards(Integer other) {
      return new Recipe(
          seed, optimizer, momentum, weightDecay, schedule, learningRate, epochs, other);
    }
  }

  /**
   * The running sums of the epoch under way, which a resumed run goes on adding to.
   *
   * @param batches minibatches of the epoch so far, rejected ones included
   * @param rejected records of the epoch that could not be read and were skipped
   * @param lossSum sum over images of the cross-entropy in nats
   * @param correct images whose largest logit was their label's
   * @param digests by partition: {@link dev.millrace.protocol.stream.EpochDigest} of its
   *     minibatches so far
   * @param complete whether the epoch's end was seen and evaluated
   */
  public record EpochProgress(
      int batches,
      int rejected,
      long images,
      double lossSum,
      long correct,
      List<String> digests,
      boolean complete) {}

  /** Mean cross-entropy in nats and accuracy in [0, 1] of a whole epoch. */
  public record CheckpointMetrics(
      double trainLoss, double trainAccuracy, double validationLoss, double validationAccuracy) {}

  /**
   * @param sha256 hexadecimal
   */
  public record StoredFile(String name, long bytes, String sha256) {}

  /**
   * A few inputs with the logits that the trainer computed for them.
   *
   * @param images base64 of U8 (n,3,32,32)
   * @param logits n rows, one logit a class
   */
  public record Probe(byte[] images, List<List<Float>> logits) {}
}
