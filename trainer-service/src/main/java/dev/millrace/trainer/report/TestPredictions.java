package dev.millrace.trainer.report;

import ai.djl.ndarray.types.DataType;
import dev.millrace.model.DataParallel;
import dev.millrace.model.Network;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.trainer.loop.EvaluationSplit;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a network says of every image of the test split.
 *
 * @param meanLoss cross-entropy in nats
 * @param predictions one an image, in the split's order
 */
record TestPredictions(EvaluationSplit split, double meanLoss, List<Prediction> predictions) {

  /**
   * @param index of the image in the test split, from 0
   * @param label index of its true class
   * @param predicted index of the class with the largest logit
   * @param probability of the predicted class, in [0, 1]
   */
  record Prediction(int index, int label, int predicted, double probability) {
    boolean mistake() {
      return label != predicted;
    }
  }

  static TestPredictions of(Network network, EvaluationSplit split) {
    List<Prediction> predictions = new ArrayList<>();
    double lossSum = 0;
    for (Minibatch minibatch : split.minibatches()) {
      float[][] logits =
          DataParallel.logits(
              network, direct(minibatch.images()), DataType.UINT8, minibatch.size());
      for (int i = 0; i < logits.length; i++) {
        int label = (int) minibatch.labels()[i];
        int predicted = largest(logits[i]);
        double logSum = logSumExp(logits[i]);
        lossSum += logSum - logits[i][label];
        double probability = Math.exp(logits[i][predicted] - logSum);
        predictions.add(new Prediction(predictions.size(), label, predicted, probability));
      }
    }
    return new TestPredictions(split, lossSum / predictions.size(), List.copyOf(predictions));
  }

  List<String> classes() {
    return split.stream().dataset().classes();
  }

  /** Rows are true classes, columns predicted ones; counts of images. */
  int[][] confusion() {
    int[][] confusion = new int[classes().size()][classes().size()];
    predictions.forEach(p -> confusion[p.label()][p.predicted()]++);
    return confusion;
  }

  /** In [0, 1]. */
  double accuracy() {
    return 1 - (double) mistakes().size() / predictions.size();
  }

  /** The most confident first. */
  List<Prediction> mistakes() {
    return predictions.stream()
        .filter(Prediction::mistake)
        .sorted(
            Comparator.comparingDouble(Prediction::probability)
                .reversed()
                .thenComparing(Prediction::index))
        .toList();
  }

  /** So many predictions, of the classes in turn, each class's from the split's begin on. */
  List<Prediction> samples(int count) {
    Map<Integer, Iterator<Prediction>> byClass =
        predictions.stream()
            .collect(
                Collectors.groupingBy(
                    Prediction::label,
                    TreeMap::new,
                    Collectors.collectingAndThen(Collectors.toList(), List::iterator)));
    List<Iterator<Prediction>> all = List.copyOf(byClass.values());
    List<Prediction> taken = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      // Where there are more classes than samples, those between are left out evenly.
      int next = all.size() <= count ? i % all.size() : i * all.size() / count;
      if (all.get(next).hasNext()) {
        taken.add(all.get(next).next());
      }
    }
    return taken;
  }

  /** An image's 3 × 32 × 32 bytes, RGB planes. */
  byte[] pixels(int index) {
    int before = 0;
    for (Minibatch minibatch : split.minibatches()) {
      if (index < before + minibatch.size()) {
        byte[] pixels = new byte[Minibatch.IMAGE_BYTES];
        minibatch.images().get((index - before) * Minibatch.IMAGE_BYTES, pixels);
        return pixels;
      }
      before += minibatch.size();
    }
    throw new IndexOutOfBoundsException(index);
  }

  private static ByteBuffer direct(ByteBuffer images) {
    return ByteBuffer.allocateDirect(images.remaining()).put(images).flip();
  }

  private static int largest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  private static double logSumExp(float[] logits) {
    double max = logits[largest(logits)];
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    return max + Math.log(sum);
  }
}
