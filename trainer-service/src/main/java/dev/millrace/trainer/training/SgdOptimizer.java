package dev.millrace.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.NamedTensors;
import dev.millrace.model.Network;
import dev.millrace.model.PyTorch;
import dev.millrace.model.TensorMemory;
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

  private final NDManager manager;
  private final Map<String, NDArray> velocities = new LinkedHashMap<>();
  private final Update update;

  /** The rule for parameters and their velocities, in place. */
  @FunctionalInterface
  interface Update {
    /**
     * @param gradients by parameter those whose sum is g
     */
    void apply(List<List<NDArray>> gradients, double learningRate);
  }

  SgdOptimizer(Network network, double momentum, double weightDecay) {
    manager = PyTorch.newManager(network.device());
    network
        .parameters()
        .forEach((name, parameter) -> velocities.put(name, zeros(parameter.getShape())));
    List<NDArray> w = List.copyOf(network.parameters().values());
    List<NDArray> v = List.copyOf(velocities.values());
    update =
        network.device().isGpu()
            ? byEngine(w, v, momentum, weightDecay)
            : new FusedSgd(w, v, momentum, weightDecay);
  }

  private NDArray zeros(Shape shape) {
    try (NDManager scratch = manager.newSubManager()) {
      NDArray zeros = TensorMemory.channelsLast(scratch.zeros(shape));
      zeros.attach(manager);
      return zeros;
    }
  }

  static Update byEngine(
      List<NDArray> parameters, List<NDArray> velocities, double momentum, double weightDecay) {
    return (gradients, learningRate) -> {
      for (int i = 0; i < parameters.size(); i++) {
        NDArray parameter = parameters.get(i);
        NDArray velocity = velocities.get(i);
        velocity.muli(momentum);
        gradients.get(i).forEach(velocity::addi);
        try (NDArray decay = parameter.mul(weightDecay)) {
          velocity.addi(decay);
        }
        try (NDArray change = velocity.mul(learningRate)) {
          parameter.subi(change);
        }
      }
    };
  }

  /**
   * @param replicas of the network; the sum of their gradients is the minibatch's
   */
  void step(double learningRate, List<Map<String, NDArray>> replicas) {
    List<List<NDArray>> gradients =
        velocities.keySet().stream()
            .map(name -> replicas.stream().map(r -> r.get(name).getGradient()).toList())
            .toList();
    update.apply(gradients, learningRate);
    gradients.forEach(ofOne -> ofOne.forEach(NDArray::close));
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
                NamedTensors.copy(heap, velocities.get(name));
              }
            });
  }

  @Override
  public void close() {
    manager.close();
  }
}
