package dev.millrace.testing;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.safetensors.Safetensors.Tensor;
import dev.millrace.protocol.stream.Minibatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Values that PyTorch computed in float64, read from {@code reference/golden.json}. The script
 * {@code reference/golden.py} makes the file and defines its members.
 *
 * @param bits the first numbers of a stream, by which the draws of both sides are compared
 * @param streams what images, labels and projections are drawn from
 * @param normalization by dataset
 * @param blocks parts of a network by their names
 * @param networks by dataset
 * @param optimizer SGD alone
 * @param schedules learning rates of whole runs
 */
public record GoldenValues(
    Bits bits,
    Streams streams,
    Map<String, Pixels> normalization,
    Map<String, Block> blocks,
    Map<String, Case> networks,
    Optimizer optimizer,
    List<Rates> schedules) {
  private static final Path FILE = Path.of("../reference/golden.json");

  /** The values of the file. */
  public static final GoldenValues GOLDEN = read();

  private static GoldenValues read() {
    try {
      return Json.read(Files.readAllBytes(FILE), GoldenValues.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The first values of a stream, as unsigned integers of 32 bits. */
  public record Bits(int stream, List<Long> values) {}

  /** The streams that images, labels and projections are drawn from. */
  public record Streams(int noise, int squares, int labels, int projection) {}

  /**
   * Pixels before and after normalisation.
   *
   * @param pixels bytes, the same in each channel
   * @param values normalised pixels, by channel and then by pixel
   */
  public record Pixels(
      List<Double> mean, List<Double> std, List<Integer> pixels, float[][] values) {
    /** Returns the statistics. */
    public Normalization normalization() {
      return new Normalization(mean, std);
    }
  }

  /**
   * A part of a network, forward and backward.
   *
   * @param shape of the inputs
   * @param scale of the inputs
   * @param stream that the inputs are drawn from
   * @param gradientStream that the gradient of the outputs is drawn from, with scale 1
   * @param outputs row-major
   * @param gradient of the inputs, row-major
   */
  public record Block(
      List<Long> shape,
      double scale,
      int stream,
      int gradientStream,
      float[] outputs,
      float[] gradient) {}

  /**
   * A network with drawn weights, and drawn images with labels. Logits, evaluation and gradients
   * are those before training.
   *
   * @param images number of images
   * @param parameters how each parameter is drawn, by PyTorch's names
   * @param logits by image, then by class
   * @param gradients of the mean loss over all images, by parameter
   * @param training null if the network is not trained
   */
  public record Case(
      int classes,
      int images,
      Map<String, Drawn> parameters,
      float[][] logits,
      Evaluation evaluation,
      Map<String, Summary> gradients,
      Training training) {
    /** Returns the parameters by PyTorch's names. */
    public Safetensors weights() {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      parameters.forEach((name, parameter) -> tensors.put(name, parameter.tensor()));
      return Safetensors.read(ByteBuffer.wrap(Safetensors.write(tensors, Map.of())));
    }

    /** Returns all images with their labels. */
    public Minibatch minibatch() {
      Streams streams = GOLDEN.streams;
      return new Minibatch(
          GoldenDraws.images(streams.noise, streams.squares, images),
          GoldenDraws.labels(streams.labels, images, classes));
    }
  }

  /** The shape of a parameter, and what it is drawn from. */
  public record Drawn(List<Long> shape, int stream, double scale) {
    Tensor tensor() {
      int size = (int) shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
      return Tensor.ofFloats(shape, GoldenDraws.uniform(stream, size, scale));
    }
  }

  /**
   * The result on all images of a case.
   *
   * @param loss mean cross-entropy in nats
   * @param correct images whose largest logit is their label's
   */
  public record Evaluation(double loss, long correct) {}

  /**
   * A run of SGD over the images of a case, in order. Parameters, velocities and evaluation are
   * those after the last step.
   *
   * @param peak of the one-cycle schedule
   * @param steps of all epochs
   */
  public record Training(
      int batchSize,
      int epochs,
      double peak,
      double momentum,
      double weightDecay,
      List<Step> steps,
      Map<String, Summary> parameters,
      Map<String, Summary> velocities,
      Evaluation evaluation) {}

  /**
   * A step on one minibatch.
   *
   * @param rate the learning rate of the step
   * @param loss mean over the minibatch, before the update
   */
  public record Step(double rate, double loss) {}

  /**
   * SGD on one drawn vector. The gradient of a step is the sum of {@code replicas} vectors, each
   * drawn from the next stream.
   *
   * @param rates the learning rates of the steps
   * @param parameters after the last step, as the velocities
   */
  public record Optimizer(
      int size,
      int stream,
      int firstGradientStream,
      int replicas,
      double momentum,
      double weightDecay,
      List<Double> rates,
      Summary parameters,
      Summary velocities) {}

  /**
   * Learning rates of a whole run.
   *
   * @param name of the schedule
   * @param base the learning rate of the first epoch; for one-cycle the peak
   * @param at some steps of the run, from 0
   * @param rates the learning rates of these steps
   */
  public record Rates(
      String name,
      double base,
      long stepsPerEpoch,
      int epochs,
      List<Long> at,
      List<Double> rates) {}

  /**
   * What the file has of a large tensor.
   *
   * @param largest magnitude of an element
   * @param projection product with a random vector, which every element changes
   * @param at indices of some elements in row-major order
   * @param values of these elements
   */
  public record Summary(
      double norm, double largest, double projection, List<Integer> at, double[] values) {
    /**
     * Returns the largest difference to a tensor: of norm and projection relative to the norm, of
     * elements relative to the largest one.
     *
     * @param found elements in row-major order
     */
    public double deviation(float[] found) {
      float[] random = GoldenDraws.uniform(GOLDEN.streams.projection, found.length, 1);
      double squares = 0;
      double product = 0;
      for (int i = 0; i < found.length; i++) {
        squares += (double) found[i] * found[i];
        product += (double) found[i] * random[i];
      }
      double deviation =
          Math.max(Math.abs(Math.sqrt(squares) - norm), Math.abs(product - projection)) / norm;
      for (int i = 0; i < values.length; i++) {
        double difference = Math.abs(found[at.get(i)] - values[i]);
        deviation = Math.max(deviation, difference / largest);
      }
      return deviation;
    }
  }

  /** Returns the largest difference of two elements, relative to the largest expected one. */
  public static double deviation(float[] found, float[] expected) {
    if (found.length != expected.length) {
      throw new IllegalArgumentException(found.length + " values instead of " + expected.length);
    }
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < found.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs((double) found[i] - expected[i]));
    }
    return difference / largest;
  }
}
