package dev.millrace.trainer.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import dev.millrace.model.Network;
import dev.millrace.model.Tape;
import dev.millrace.protocol.Minibatch;
import dev.millrace.protocol.Safetensors;
import java.nio.LongBuffer;

/**
 * A network, its optimizer and the step: forward, backward, update. The thread that makes it is the
 * only one that may use it.
 */
public final class TrainingSession implements AutoCloseable {
  private final Network network;
  private final SgdOptimizer optimizer;

  /**
   * @param lossSum sum over the images of the cross-entropy, in nats
   * @param correct images whose largest logit is their label's
   */
  public record Result(int images, double lossSum, long correct) {}

  public TrainingSession(Network network, double momentum, double weightDecay) {
    this.network = network;
    this.optimizer = new SgdOptimizer(network, momentum, weightDecay);
    // PyTorch records by default, and by thread; recording is for the forward pass of train alone.
    JniUtils.setGradMode(false);
  }

  public Result train(Minibatch minibatch, double learningRate) {
    try (NDManager step = network.newStepManager()) {
      NDArray images = images(step, minibatch);
      NDArray labels = labels(step, minibatch);
      NDArray logits;
      NDArray loss;
      try (Tape tape = Tape.record()) {
        logits = network.forward(images, tape);
        loss = crossEntropy(logits, labels);
        tape.backward(loss);
      }
      optimizer.step(learningRate);
      return new Result(
          minibatch.size(),
          (double) loss.getFloat() * minibatch.size(),
          correct(logits, minibatch));
    }
  }

  Result evaluate(Minibatch minibatch) {
    try (NDManager step = network.newStepManager()) {
      NDArray logits = network.forward(images(step, minibatch), Tape.off());
      NDArray loss = crossEntropy(logits, labels(step, minibatch));
      return new Result(
          minibatch.size(),
          (double) loss.getFloat() * minibatch.size(),
          correct(logits, minibatch));
    }
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

  /** Mean over the images, as PyTorch's {@code CrossEntropyLoss}. */
  private static NDArray crossEntropy(NDArray logits, NDArray labels) {
    NDArray picked = logits.logSoftmax(1).gather(labels.expandDims(1), 1);
    return picked.mean().neg();
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
