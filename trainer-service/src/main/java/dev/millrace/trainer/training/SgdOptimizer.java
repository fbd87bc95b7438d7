package dev.millrace.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.NamedTensors;
import dev.millrace.model.Network;
import dev.millrace.model.PyTorch;
import dev.millrace.protocol.Safetensors;
import dev.millrace.protocol.Safetensors.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent with PyTorch's rule: v ← μv + (g + λw), w ← w − lr·v, and v = 0
 * before the first step. (DJL's own Sgd folds lr into v and hides its buffers.) Source: {@code
 * torch.optim.SGD}. Not thread-safe.
 */
final class SgdOptimizer implements AutoCloseable {
  static final String NAME = "sgd";

  private final double momentum;
  private final double weightDecay;
  private final NDManager manager;
  private final Map<String, NDArray> parameters;
  private final Map<String, NDArray> velocities = new LinkedHashMap<>();

  SgdOptimizer(Network network, double momentum, double weightDecay) {
    this.momentum = momentum;
    this.weightDecay = weightDecay;
    this.parameters = network.parameters();
    this.manager = PyTorch.newManager(network.device());
    parameters.forEach(
        (name, parameter) -> {
          // As the parameter lies in memory.
          NDArray velocity = parameter.zerosLike();
          velocity.attach(manager);
          velocities.put(name, velocity);
        });
  }

  /**
   * @param replicas of the network; the sum of their gradients is the minibatch's
   */
  void step(double learningRate, List<Map<String, NDArray>> replicas) {
    parameters.forEach(
        (name, parameter) -> {
          NDArray velocity = velocities.get(name);
          velocity.muli(momentum);
          for (Map<String, NDArray> replica : replicas) {
            try (NDArray gradient = replica.get(name).getGradient()) {
              velocity.addi(gradient);
            }
          }
          try (NDArray decay = parameter.mul(weightDecay)) {
            velocity.addi(decay);
          }
          try (NDArray change = velocity.mul(learningRate)) {
            parameter.subi(change);
          }
        });
  }

  /** {@code optimizer.safetensors}: the velocities by their parameters' names. */
  byte[] state() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    velocities.forEach((name, velocity) -> tensors.put(name, NamedTensors.of(velocity)));
    return Safetensors.write(tensors, Map.of("optimizer", NAME));
  }

  /**
   * @throws dev.millrace.protocol.MalformedException if the state is another network's
   */
  void restore(Safetensors state) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    velocities.forEach(
        (name, v) -> shapes.put(name, Arrays.stream(v.getShape().getShape()).boxed().toList()));
    NamedTensors.floats(state, shapes, "optimizer state")
        .forEach(
            (name, values) -> {
              Shape shape = velocities.get(name).getShape();
              try (NDArray heap = manager.create(values, shape)) {
                heap.copyTo(velocities.get(name));
              }
            });
  }

  @Override
  public void close() {
    manager.close();
  }
}
