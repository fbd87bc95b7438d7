package dev.millrace.model.cpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.pooling.Pool;

/** ReLU, local response normalisation and max-pool (3x3, stride 2) in a row. */
@FunctionalInterface
public interface NormPool {
  /**
   * @param x (B,C,H,W); nobody may use its values afterwards
   * @return (B,C,(H-1)/2,(W-1)/2)
   */
  NDArray forward(NDArray x, Tape tape);

  /** The fused form on a CPU, where memory is the limit; the engine's operations elsewhere. */
  static NormPool on(NDManager manager, int channels) {
    if (!manager.getDevice().isGpu()) {
      return FusedNormPool.onAllCores();
    }
    LocalResponseNorm norm = new LocalResponseNorm(manager, channels);
    return (x, tape) -> pool(norm.forward(Activation.relu(x)));
  }

  /** Max-pools with a window of 3x3 and a stride of 2, by the engine. */
  static NDArray pool(NDArray x) {
    return Pool.maxPool2d(x, new Shape(3, 3), new Shape(2, 2), new Shape(0, 0), false);
  }
}
