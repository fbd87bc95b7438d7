package dev.millrace.trainer.step;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.Network;
import dev.millrace.model.cpu.Shards;
import dev.millrace.model.cpu.Tape;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.trainer.optimizer.SgdOptimizer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A network, its optimizer and the training step: forward pass, backward pass and update. Only the
 * thread that creates the session may use it.
 */
public final class TrainingSession implements AutoCloseable {
  /** Minimum number of images in a shard; fewer images take a thread nearly as long. */
  private static final int SMALLEST_SHARD = 8;

  private final Network network;
  private final SgdOptimizer optimizer;
  private final int shards;

  /**
   * The result of a minibatch.
   *
   * @param lossSum sum of the images' cross-entropy, in nats
   * @param correct number of images whose largest logit is that of their label
   */
  public record Result(int images, double lossSum, long correct) {
    private Result plus(Result other) {
      return new Result(images + other.images, lossSum + other.lossSum, correct + other.correct);
    }
  }

  /**
   * The output of a shard's pass. It is not read yet: a GPU still computes it and can take more
   * work.
   *
   * @param logits (images, classes)
   * @param lossSum a scalar
   */
  private record Output(Minibatch shard, NDArray logits, NDArray lossSum) {
    Result read() {
      float[] values = logits.toFloatArray();
      int classes = values.length / shard.size();
      long correct =
          IntStream.range(0, shard.size())
              .filter(i -> Logits.argmax(values, i * classes, classes) == shard.labels()[i])
              .count();
      return new Result(shard.size(), lossSum.getFloat(), correct);
    }
  }

  /** A forward pass of a shard, with or without a backward pass. */
  @FunctionalInterface
  private interface Pass {
    Output of(Minibatch shard, int index);
  }

  /**
   * Creates a session that owns the network and closes it.
   *
   * @param shards number of parts of a minibatch on a CPU, if it has enough images. The bits of the
   *     weights depend on this number, but not on the machine. A GPU divides the work itself
   */
  public TrainingSession(Network network, double momentum, double weightDecay, int shards) {
    this.network = network;
    this.shards = shards;
    this.optimizer = new SgdOptimizer(network, momentum, weightDecay);
  }

  /**
   * Takes a step on a minibatch, which is divided into shards.
   *
   * @see #train(List, double)
   */
  public Result train(Minibatch minibatch, double learningRate) {
    return train(List.of(minibatch), learningRate);
  }

  /**
   * Takes a step on the mean loss over all images of the records. A single record is divided into
   * the session's number of shards. Of several records, each one is a shard.
   *
   * @param records one or more minibatches, whose gradients are added in this order
   */
  public Result train(List<Minibatch> records, double learningRate) {
    List<Minibatch> parts = records.size() == 1 ? divide(records.get(0)) : records;
    int images = records.stream().mapToInt(Minibatch::size).sum();
    try (NDManager step = network.newStepManager()) {
      List<Map<String, NDArray>> replicas = new ArrayList<>();
      for (int i = 0; i < parts.size(); i++) {
        replicas.add(network.replica(step));
      }
      Output[] outputs =
          forEach(parts, (part, i) -> forwardAndBackward(part, replicas.get(i), images, step));
      optimizer.step(learningRate, replicas);
      return sum(outputs);
    }
  }

  public Result evaluate(Minibatch minibatch) {
    try (NDManager step = network.newStepManager()) {
      return sum(forEach(divide(minibatch), (part, i) -> forward(part, step)));
    }
  }

  /**
   * Computes the shard's part of the gradient of the mean loss over all images. The gradient is
   * stored in the replica.
   */
  private Output forwardAndBackward(
      Minibatch shard, Map<String, NDArray> replica, int images, NDManager step) {
    try (NDManager pass = network.newStepManager();
        Tape tape = Tape.record()) {
      NDArray logits = network.forward(images(pass, shard), replica, tape);
      NDArray loss = crossEntropySum(logits, labels(pass, shard));
      tape.backward(loss, 1f / images);
      return output(shard, logits, loss, step);
    }
  }

  private Output forward(Minibatch shard, NDManager step) {
    try (NDManager pass = network.newStepManager()) {
      NDArray logits = network.forward(images(pass, shard));
      return output(shard, logits, crossEntropySum(logits, labels(pass, shard)), step);
    }
  }

  /** Returns the values without their autograd graph, which ends with the pass. */
  private static Output output(Minibatch shard, NDArray logits, NDArray loss, NDManager step) {
    Output output = new Output(shard, logits.stopGradient(), loss.stopGradient());
    output.logits().attach(step);
    output.lossSum().attach(step);
    return output;
  }

  private List<Minibatch> divide(Minibatch minibatch) {
    int images = minibatch.size();
    int count = Math.min((images + SMALLEST_SHARD - 1) / SMALLEST_SHARD, shards);
    if (network.device().isGpu() || count == 1) {
      return List.of(minibatch);
    }
    return IntStream.range(0, count)
        .mapToObj(
            i -> {
              int first = (int) ((long) i * images / count);
              int end = (int) ((i + 1L) * images / count);
              return minibatch.part(first, end - first);
            })
        .toList();
  }

  /** Computes the passes on all cores of a CPU, or one after the other on a GPU. */
  private Output[] forEach(List<Minibatch> parts, Pass pass) {
    Output[] outputs = new Output[parts.size()];
    Shards.Work work = (shard, first, count) -> outputs[shard] = pass.of(parts.get(shard), shard);
    if (network.device().isGpu()) {
      Shards.forEachShardHere(parts.size(), parts.size(), 1, work);
    } else {
      Shards.forEachShard(parts.size(), parts.size(), work);
    }
    return outputs;
  }

  /**
   * Adds the results in the order of the shards, so that the bits do not depend on which shard
   * finishes first.
   */
  private static Result sum(Output[] outputs) {
    return Arrays.stream(outputs).map(Output::read).reduce(Result::plus).orElseThrow();
  }

  private static NDArray images(NDManager step, Minibatch minibatch) {
    Shape shape =
        new Shape(minibatch.size(), Minibatch.CHANNELS, Minibatch.HEIGHT, Minibatch.WIDTH);
    return step.create(minibatch.images(), shape, DataType.UINT8);
  }

  private static NDArray labels(NDManager step, Minibatch minibatch) {
    return step.create(
        LongBuffer.wrap(minibatch.labels()), new Shape(minibatch.size()), DataType.INT64);
  }

  /** Returns the sum over the images, as PyTorch's {@code CrossEntropyLoss(reduction="sum")}. */
  private static NDArray crossEntropySum(NDArray logits, NDArray labels) {
    return logits.logSoftmax(1).gather(labels.expandDims(1), 1).sum().neg();
  }

  public Network network() {
    return network;
  }

  public Device device() {
    return network.device();
  }

  public byte[] optimizerState() {
    return optimizer.state();
  }

  public void restoreOptimizer(Safetensors state) {
    optimizer.restore(state);
  }

  @Override
  public void close() {
    optimizer.close();
    network.close();
  }
}
