package dev.millrace.trainer.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.NamedTensors;
import dev.millrace.model.Network;
import dev.millrace.model.PyTorch;
import dev.millrace.model.cpu.FlatArrays;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.safetensors.Safetensors.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent as in {@code torch.optim.SGD}: v ← μv + (g + λw), w ← w − lr·v, and v
 * = 0 before the first step. DJL's own Sgd includes lr in v and hides its buffers. Not thread-safe.
 */
public final class SgdOptimizer implements AutoCloseable {
  public static final String NAME = "sgd";

  private final NDManager manager;
  private final FlatArrays velocities;
  private final Update update;

  /** The update rule for all parameters and their velocities, in place. */
  @FunctionalInterface
  interface Update {
    /**
     * Applies the update.
     *
     * @param gradients by parameter, the gradients whose sum is g
     */
    void apply(List<List<NDArray>> gradients, double learningRate);
  }

  public SgdOptimizer(Network network, double momentum, double weightDecay) {
    manager = PyTorch.newManager(network.device());
    Map<String, Shape> shapes = new LinkedHashMap<>();
    network.parameters().forEach((name, parameter) -> shapes.put(name, parameter.getShape()));
    velocities = FlatArrays.zeros(manager, shapes);
    NDArray w = network.flatParameters();
    NDArray v = velocities.flat();
    update =
        network.device().isGpu()
            ? new EngineSgd(w, v, momentum, weightDecay)
            : new FusedSgd(w, v, momentum, weightDecay);
  }

  /**
   * Takes a step and frees the gradients.
   *
   * @param replicas the replicas of the network; the sum of their gradients is that of the
   *     minibatch
   */
  public void step(double learningRate, List<Map<String, NDArray>> replicas) {
    List<List<NDArray>> gradients =
        velocities.views().keySet().stream()
            .map(name -> replicas.stream().map(r -> r.get(name).getGradient()).toList())
            .toList();
    update.apply(gradients, learningRate);
    gradients.forEach(ofOne -> ofOne.forEach(NDArray::close));
  }

  /** Returns the content of {@code optimizer.safetensors}: the velocities by parameter name. */
  public byte[] state() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    velocities.views().forEach((name, velocity) -> tensors.put(name, NamedTensors.of(velocity)));
    return Safetensors.write(tensors, Map.of("optimizer", NAME));
  }

  /**
   * Restores the velocities.
   *
   * @throws dev.millrace.protocol.MalformedException if the state belongs to another network
   */
  public void restore(Safetensors state) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    velocities
        .views()
        .forEach(
            (name, v) -> shapes.put(name, Arrays.stream(v.getShape().getShape()).boxed().toList()));
    NamedTensors.floats(state, shapes, "optimizer state")
        .forEach(
            (name, values) -> {
              Shape shape = velocities.views().get(name).getShape();
              try (NDArray heap = manager.create(values, shape)) {
                NamedTensors.copy(heap, velocities.views().get(name));
              }
            });
  }

  @Override
  public void close() {
    manager.close();
  }
}
