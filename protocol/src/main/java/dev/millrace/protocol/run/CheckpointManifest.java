package dev.millrace.protocol.run;

import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.Sha256;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The content of a checkpoint's {@code manifest.json}: everything that resuming and serving need in
 * addition to the tensors. The manifest is written last; a checkpoint without a manifest does not
 * exist.
 *
 * @param schema version of this JSON, now {@value #SCHEMA}
 * @param id id of the checkpoint, such as {@code epoch-0000000001-step-0000000391}
 * @param stream {@link dev.millrace.protocol.stream.StreamDescription#id()} of the training stream
 * @param epoch the epoch of the last step, from 1
 * @param step steps since the start of the run
 * @param nextOffsets by partition: the first record that is not included in these weights
 * @param progress state of the epoch at this checkpoint
 * @param metrics metrics of the epoch; absent in mid-epoch
 * @param recipe everything except the tensors that determines the arithmetic of the next step
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

  /**
   * Returns the id of a checkpoint. Earlier versions wrote fewer digits, so ids are ordered by
   * {@link dev.millrace.protocol.NumberOrder}.
   */
  public static String id(int epoch, long step) {
    return String.format(Locale.ROOT, "epoch-%010d-step-%010d", epoch, step);
  }

  /** Starts the manifest of a checkpoint, with the id of its position. */
  public static CheckpointManifestBuilder builder(String run, int epoch, long step) {
    return new CheckpointManifestBuilder(run, epoch, step);
  }

  /** Starts a copy of this manifest. */
  public CheckpointManifestBuilder toBuilder() {
    return new CheckpointManifestBuilder(this);
  }

  /** Returns the validation accuracy in [0, 1], or null for a checkpoint in mid-epoch. */
  public Double validationAccuracy() {
    return metrics == null ? null : metrics.validationAccuracy();
  }

  /**
   * The training settings of a run. The position in the schedule is given by the position in the
   * stream: epoch and minibatches.
   *
   * @param seed seed of the initial weights
   * @param optimizer name of the optimizer, such as {@code sgd}
   * @param schedule name of the schedule, such as {@code one-cycle}
   * @param learningRate base learning rate of the schedule; for one-cycle the peak
   * @param epochs number of epochs in the whole run
   * @param shards number of parts of a minibatch whose gradients are added in order; absent in
   *     older checkpoints, which used two shards per core
   * @param recordsPerStep minibatches of a step; absent, which is read as 1, in older checkpoints
   */
  public record Recipe(
      long seed,
      String optimizer,
      double momentum,
      double weightDecay,
      String schedule,
      double learningRate,
      int epochs,
      Integer shards,
      Integer recordsPerStep) {
    public Recipe {
      recordsPerStep = recordsPerStep == null ? 1 : recordsPerStep;
    }

    /** Returns this recipe with another number of shards. */
    public Recipe withShards(Integer other) {
      return new Recipe(
          seed,
          optimizer,
          momentum,
          weightDecay,
          schedule,
          learningRate,
          epochs,
          other,
          recordsPerStep);
    }
  }

  /**
   * The running sums of the current epoch, which a resumed run continues.
   *
   * @param batches minibatches of the epoch so far, including rejected ones
   * @param rejected records of the epoch that could not be read and were skipped
   * @param lossSum sum over images of the cross-entropy in nats
   * @param correct images whose largest logit belongs to their label
   * @param digests by partition: {@link dev.millrace.protocol.stream.EpochDigest} of the
   *     minibatches so far
   * @param complete whether the end of the epoch was read and the epoch was evaluated
   */
  public record EpochProgress(
      int batches,
      int rejected,
      long images,
      double lossSum,
      long correct,
      List<String> digests,
      boolean complete) {}

  /** The metrics of a whole epoch: mean cross-entropy in nats and accuracy in [0, 1]. */
  public record CheckpointMetrics(
      double trainLoss, double trainAccuracy, double validationLoss, double validationAccuracy) {}

  /**
   * A file of the checkpoint.
   *
   * @param bytes size of the file
   * @param sha256 SHA-256 of the file, hexadecimal
   */
  public record StoredFile(String name, long bytes, String sha256) {
    /** Describes a file with this content. */
    public static StoredFile of(String name, byte[] content) {
      return new StoredFile(name, content.length, Sha256.hex(content));
    }
  }

  /**
   * A few inputs and the logits that the trainer computed for them.
   *
   * @param images base64 of U8 (n,3,32,32)
   * @param logits n rows, one logit per class
   */
  public record Probe(byte[] images, List<List<Float>> logits) {}
}
