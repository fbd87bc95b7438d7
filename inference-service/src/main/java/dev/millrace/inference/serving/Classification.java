package dev.millrace.inference.serving;

import dev.millrace.protocol.run.CheckpointManifest;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A network's result for one image.
 *
 * @param checkpoint the checkpoint that computed it
 * @param logits one per class, finite
 * @param probabilities one per class, in [0, 1], with the sum 1
 */
public record Classification(
    CheckpointManifest checkpoint, List<Float> logits, List<Double> probabilities) {

  /** A class and its probability, in [0, 1]. */
  public record Ranked(String label, int index, double probability) {}

  /**
   * Computes the probabilities by softmax.
   *
   * @throws IllegalStateException if a logit is not a finite number
   */
  public static Classification of(CheckpointManifest checkpoint, float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      if (!Float.isFinite(logit)) {
        throw new IllegalStateException(
            "checkpoint %s computed the logit %s".formatted(checkpoint.id(), logit));
      }
      max = Math.max(max, logit);
    }
    double[] exponentials = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      exponentials[i] = Math.exp(logits[i] - max);
      sum += exponentials[i];
    }
    double total = sum;
    return new Classification(
        checkpoint,
        IntStream.range(0, logits.length).mapToObj(i -> logits[i]).toList(),
        IntStream.range(0, logits.length).mapToObj(i -> exponentials[i] / total).toList());
  }

  /** Returns the most probable classes, most probable first; all classes if there are fewer. */
  public List<Ranked> top(int count) {
    return IntStream.range(0, probabilities.size())
        .mapToObj(i -> new Ranked(checkpoint.classes().get(i), i, probabilities.get(i)))
        .sorted(Comparator.comparingDouble(Ranked::probability).reversed())
        .limit(count)
        .toList();
  }
}
