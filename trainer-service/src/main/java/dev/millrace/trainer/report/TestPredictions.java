package dev.millrace.trainer.report;

import ai.djl.ndarray.types.DataType;
import dev.millrace.model.DataParallel;
import dev.millrace.model.Network;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.trainer.step.Logits;
import dev.millrace.trainer.stream.EvaluationSplit;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The predictions of a network for all images of the test split.
 *
 * @param meanLoss mean cross-entropy in nats
 * @param predictions one per image, in the order of the split
 */
record TestPredictions(EvaluationSplit split, double meanLoss, List<Prediction> predictions) {

  /**
   * The prediction for an image.
   *
   * @param index index of the image in the test split, from 0
   * @param label index of the true class
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
        int predicted = Logits.argmax(logits[i], 0, logits[i].length);
        double logSum = Logits.logSumExp(logits[i]);
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

  /** Returns the numbers of images: rows are true classes, columns are predicted classes. */
  int[][] confusion() {
    int[][] confusion = new int[classes().size()][classes().size()];
    predictions.forEach(p -> confusion[p.label()][p.predicted()]++);
    return confusion;
  }

  /** Returns the accuracy in [0, 1]. */
  double accuracy() {
    return 1 - (double) mistakes().size() / predictions.size();
  }

  /** Returns the wrong predictions, the most confident ones first. */
  List<Prediction> mistakes() {
    return predictions.stream()
        .filter(Prediction::mistake)
        .sorted(
            Comparator.comparingDouble(Prediction::probability)
                .reversed()
                .thenComparing(Prediction::index))
        .toList();
  }

  /**
   * Returns up to {@code count} predictions, taken from the classes in turn and from each class in
   * the order of the split.
   */
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
      // If there are more classes than samples, the chosen classes are evenly spaced.
      int next = all.size() <= count ? i % all.size() : i * all.size() / count;
      if (all.get(next).hasNext()) {
        taken.add(all.get(next).next());
      }
    }
    return taken;
  }

  /** Returns the 3 × 32 × 32 bytes of an image, RGB planes. */
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
}
