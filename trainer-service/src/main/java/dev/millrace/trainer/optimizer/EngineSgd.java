package dev.millrace.trainer.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import dev.millrace.model.cpu.TensorMemory;
import java.util.List;

/**
 * The update of {@link SgdOptimizer} with operations of the engine, on any device. Each operation
 * covers all parameters, because on a GPU the launches take most of the time.
 */
final class EngineSgd implements SgdOptimizer.Update {
  private final NDArray parameters;
  private final NDArray velocities;
  private final NDArray momentum;
  private final NDArray weightDecay;

  /**
   * Creates the update.
   *
   * @param parameters all parameters in one array; its manager must outlive this object
   * @param velocities the velocities in the same order
   */
  EngineSgd(NDArray parameters, NDArray velocities, double momentum, double weightDecay) {
    this.parameters = parameters;
    this.velocities = velocities;
    // A number as an operand would be copied to the device in each step.
    this.momentum = velocities.getManager().create((float) momentum);
    this.weightDecay = velocities.getManager().create((float) weightDecay);
  }

  /**
   * Applies the update.
   *
   * @param gradients the gradients of each parameter, in the order of the parameters
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
