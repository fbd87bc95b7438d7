package dev.millrace.trainer.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import dev.millrace.model.cpu.TensorMemory;
import java.util.List;

/**
 * The update of {@link SgdOptimizer} by the engine's operations, on any device. They are few, and
 * take the parameters all at once: on a GPU their launches are what takes time.
 */
final class EngineSgd implements SgdOptimizer.Update {
  private final NDArray parameters;
  private final NDArray velocities;
  private final NDArray momentum;
  private final NDArray weightDecay;

  /**
   * @param parameters all, in one array; its manager must outlive this
   * @param velocities in the same order
   */
  EngineSgd(NDArray parameters, NDArray velocities, double momentum, double weightDecay) {
    this.parameters = parameters;
    this.velocities = velocities;
    // A number as an operand is copied to the device each time.
    this.momentum = velocities.getManager().create((float) momentum);
    this.weightDecay = velocities.getManager().create((float) weightDecay);
  }

  /**
   * @param gradients of one parameter after the other
   */
  @Override
  public void apply(List<List<NDArray>> gradients, double learningRate) {
    velocities.muli(momentum);
    for (int replica = 0; replica < gradients.get(0).size(); replica++) {
      try (NDArray all = flat(gradients, replica)) {
        velocities.addi(all);
      }
    }
    try (NDArray decay = parameters.mul(weightDecay)) {
      velocities.addi(decay);
    }
    try (NDArray change = velocities.mul((float) learningRate)) {
      parameters.subi(change);
    }
  }

  private static NDArray flat(List<List<NDArray>> gradients, int replica) {
    try (NDList flat = new NDList()) {
      gradients.forEach(ofOne -> flat.add(TensorMemory.flatten(ofOne.get(replica))));
      return NDArrays.concat(flat);
    }
  }
}
