package dev.millrace.model.cpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;

/**
 * Local response normalisation across channels with size 5, α 1e-4, β 0.75 and k 2:
 *
 * <pre>y = x / (k + α/5 · Σ x²)^β</pre>
 *
 * The sum covers the five channels around each channel, zero-padded, as in PyTorch's {@code
 * LocalResponseNorm} and in cuda-convnet. The sum of the window is a 1x1 convolution with a band
 * matrix of α/5. The bias of this convolution is k, so that one pass computes the whole base d. The
 * power d^0.75 is computed as √d·√√d.
 *
 * <p>No operand is a scalar, because DJL frees the memory of a scalar before the backward pass
 * reads it.
 */
final class LocalResponseNorm {
  static final int SIZE = 5;
  static final float ALPHA = 1e-4f;
  static final float BETA = 0.75f;
  static final float K = 2f;

  private final NDArray band;
  private final NDArray k;

  /**
   * Creates the constants of the normalisation.
   *
   * @param manager owns the two constants; must outlive every use
   */
  LocalResponseNorm(NDManager manager, int channels) {
    float[] weights = new float[channels * channels];
    for (int out = 0; out < channels; out++) {
      int first = Math.max(0, out - SIZE / 2);
      int last = Math.min(channels - 1, out + SIZE / 2);
      for (int in = first; in <= last; in++) {
        weights[out * channels + in] = ALPHA / SIZE;
      }
    }
    // A duplicate lives in the engine's memory, an array of Java values in a Java buffer.
    try (NDArray heap = manager.create(weights, new Shape(channels, channels, 1, 1))) {
      band = heap.duplicate();
    }
    k = manager.full(new Shape(channels), K);
  }

  /**
   * Normalises an array.
   *
   * @param x (B,channels,H,W)
   */
  NDArray forward(NDArray x) {
    NDArray base = Conv2d.conv2d(x.mul(x), band, k).singletonOrThrow();
    NDArray root = base.sqrt();
    return x.div(root.mul(root.sqrt()));
  }
}
