package dev.millrace.trainer.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.DataParallel;
import dev.millrace.model.Network;
import dev.millrace.model.Tape;
import dev.millrace.protocol.Minibatch;
import dev.millrace.protocol.Safetensors;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A network, its optimizer and the step: forward, backward, update. The thread that makes it is the
 * only one that may use it.
 */
public final class TrainingSession implements AutoCloseable {
  /** Fewer take a thread nearly as long. */
  private static final int SMALLEST_SHARD = 8;

  private final Network network;
  private final SgdOptimizer optimizer;

  /**
   * @param lossSum sum over the images of the cross-entropy, in nats
   * @param correct images whose largest logit is their label's
   */
  public record Result(int images, double lossSum, long correct) {
    private Result plus(Result other) {
      return new Result(images + other.images, lossSum + other.lossSum, correct + other.correct);
    }
  }

  /** What a shard of a minibatch gives. */
  @FunctionalInterface
  private interface Pass {
    Result of(Minibatch shard, int index);
  }

  public TrainingSession(Network network, double momentum, double weightDecay) {
    this.network = network;
    this.optimizer = new SgdOptimizer(network, momentum, weightDecay);
  }

  public Result train(Minibatch minibatch, double learningRate) {
    try (NDManager step = network.newStepManager()) {
      List<Map<String, NDArray>> replicas = new ArrayList<>();
      for (int i = 0; i < shards(minibatch); i++) {
        replicas.add(network.replica(step));
      }
      Result result =
          sum(
              minibatch,
              (shard, i) -> forwardAndBackward(shard, replicas.get(i), minibatch.size()));
      optimizer.step(learningRate, replicas);
      return result;
    }
  }

  Result evaluate(Minibatch minibatch) {
    return sum(minibatch, (shard, i) -> forward(shard));
  }

  /** Leaves in the replica the shard's part of the gradient of the mean over all images. */
  private Result forwardAndBackward(Minibatch shard, Map<String, NDArray> replica, int images) {
    try (NDManager pass = network.newStepManager()) {
      NDArray logits;
      NDArray loss;
      try (Tape tape = Tape.record()) {
        logits = network.forward(images(pass, shard), replica, tape);
        loss = crossEntropySum(logits, labels(pass, shard));
        tape.backward(loss, 1f / images);
      }
      return new Result(shard.size(), loss.getFloat(), correct(logits, shard));
    }
  }

  private Result forward(Minibatch shard) {
    try (NDManager pass = network.newStepManager()) {
      NDArray logits = network.forward(images(pass, shard));
      NDArray loss = crossEntropySum(logits, labels(pass, shard));
      return new Result(shard.size(), loss.getFloat(), correct(logits, shard));
    }
  }

  private int shards(Minibatch minibatch) {
    return DataParallel.shards(network, minibatch.size(), SMALLEST_SHARD);
  }

  /** In the order of the shards, so that the bits do not depend on which is done first. */
  private Result sum(Minibatch minibatch, Pass pass) {
    Result[] results = new Result[shards(minibatch)];
    DataParallel.forEachShard(
        minibatch.size(),
        results.length,
        (i, first, images) -> results[i] = pass.of(minibatch.part(first, images), i));
    return Arrays.stream(results).reduce(Result::plus).orElseThrow();
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

  /** Sum over the images, as PyTorch's {@code CrossEntropyLoss(reduction="sum")}. */
  private static NDArray crossEntropySum(NDArray logits, NDArray labels) {
    return logits.logSoftmax(1).gather(labels.expandDims(1), 1).sum().neg();
  }

  private static long correct(NDArray logits, Minibatch minibatch) {
    long[] predicted = logits.argMax(1).toLongArray();
    long correct = 0;
    for (int i = 0; i < predicted.length; i++) {
      if (predicted[i] == minibatch.labels()[i]) {
        correct++;
      }
    }
    return correct;
  }

  Network network() {
    return network;
  }

  Device device() {
    return network.device();
  }

  byte[] optimizerState() {
    return optimizer.state();
  }

  void restoreOptimizer(Safetensors state) {
    optimizer.restore(state);
  }

  @Override
  public void close() {
    optimizer.close();
    network.close();
  }
}
