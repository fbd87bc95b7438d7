package dev.millrace.model.cpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.pooling.Pool;

/** A block of ReLU, local response normalisation and max-pooling (3x3, stride 2). */
@FunctionalInterface
public interface NormPool {
  /**
   * Runs the block.
   *
   * @param x (B,C,H,W); its values must not be used afterwards
   * @return (B,C,(H-1)/2,(W-1)/2)
   */
  NDArray forward(NDArray x, Tape tape);

  /**
   * Creates the block for the manager's device: the fused form on a CPU, where memory is the limit,
   * and the engine's operations on other devices.
   */
  static NormPool on(NDManager manager, int channels) {
    if (!manager.getDevice().isGpu()) {
      return FusedNormPool.onAllCores();
    }
    LocalResponseNorm norm = new LocalResponseNorm(manager, channels);
    return (x, tape) -> pool(norm.forward(Activation.relu(x)));
  }

  /** Max-pools with the engine, with a window of 3x3 and a stride of 2. */
  static NDArray pool(NDArray x) {
    return Pool.maxPool2d(x, new Shape(3, 3), new Shape(2, 2), new Shape(0, 0), false);
  }
}
