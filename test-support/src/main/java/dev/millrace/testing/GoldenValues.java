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
 * Reference values that PyTorch computed in float64, read from {@code reference/golden.json}. The
 * script {@code reference/golden.py} creates the file and defines its members.
 *
 * @param bits the first values of a stream, to compare the random draws of both implementations
 * @param streams the streams that images, labels and projections are drawn from
 * @param normalization pixel normalisation, by dataset
 * @param blocks parts of a network, by name
 * @param networks complete networks, by dataset
 * @param optimizer SGD without a network
 * @param schedules learning rates of complete runs
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

  /** The content of the file. */
  public static final GoldenValues GOLDEN = read();

  private static GoldenValues read() {
    try {
      return Json.read(Files.readAllBytes(FILE), GoldenValues.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The first values of a stream, as unsigned 32-bit integers. */
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
    /** Returns the normalisation statistics. */
    public Normalization normalization() {
      return new Normalization(mean, std);
    }
  }

  /**
   * A part of a network with a forward and a backward pass.
   *
   * @param shape shape of the inputs
   * @param scale scale of the inputs
   * @param stream stream that the inputs are drawn from
   * @param gradientStream stream that the gradient of the outputs is drawn from, with scale 1
   * @param outputs outputs in row-major order
   * @param gradient gradient of the inputs in row-major order
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
   * are computed before training.
   *
   * @param classes number of classes
   * @param images number of images
   * @param parameters how each parameter is drawn, by PyTorch's names
   * @param logits logits by image, then by class
   * @param evaluation result on all images
   * @param gradients gradients of the mean loss over all images, by parameter
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

  /** The shape of a parameter, and the stream and scale that it is drawn with. */
  public record Drawn(List<Long> shape, int stream, double scale) {
    Tensor tensor() {
      int size = (int) shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
      return Tensor.ofFloats(shape, GoldenDraws.uniform(stream, size, scale));
    }
  }

  /**
   * The result of evaluating all images of a case.
   *
   * @param loss mean cross-entropy in nats
   * @param correct number of images whose largest logit is that of their label
   */
  public record Evaluation(double loss, long correct) {}

  /**
   * An SGD run over the images of a case, in order. Parameters, velocities and evaluation are those
   * after the last step.
   *
   * @param batchSize number of images in a minibatch
   * @param epochs number of epochs
   * @param peak highest learning rate of the one-cycle schedule
   * @param momentum momentum of SGD
   * @param weightDecay weight decay of SGD
   * @param steps steps of all epochs
   * @param parameters parameters by name
   * @param velocities velocities by parameter
   * @param evaluation result on all images
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
   * A training step on one minibatch.
   *
   * @param rate learning rate of the step
   * @param loss mean loss over the minibatch before the update
   */
  public record Step(double rate, double loss) {}

  /**
   * SGD on one drawn vector. The gradient of a step is the sum of {@code replicas} vectors, each
   * drawn from the next stream.
   *
   * @param size number of elements
   * @param stream stream that the vector is drawn from
   * @param firstGradientStream stream of the first gradient vector
   * @param replicas number of vectors in a gradient
   * @param momentum momentum of SGD
   * @param weightDecay weight decay of SGD
   * @param rates learning rates of the steps
   * @param parameters the vector after the last step
   * @param velocities the velocities after the last step
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
   * Learning rates of a complete run.
   *
   * @param name name of the schedule
   * @param base learning rate of the first epoch; the peak for one-cycle
   * @param at selected steps of the run, counted from 0
   * @param rates learning rates of these steps
   */
  public record Rates(
      String name,
      double base,
      long stepsPerEpoch,
      int epochs,
      List<Long> at,
      List<Double> rates) {}

  /**
   * Summary of a large tensor.
   *
   * @param norm Euclidean norm
   * @param largest largest magnitude of an element
   * @param projection dot product with a random vector, which depends on every element
   * @param at indices of selected elements in row-major order
   * @param values values of these elements
   */
  public record Summary(
      double norm, double largest, double projection, List<Integer> at, double[] values) {
    /**
     * Returns the largest deviation of a tensor: of norm and projection relative to the norm, of
     * elements relative to the largest element.
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

  /**
   * Returns the largest difference between two elements, relative to the largest expected element.
   */
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
