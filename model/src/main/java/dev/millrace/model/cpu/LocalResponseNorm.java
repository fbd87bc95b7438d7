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
 * the sum over the five channels around each, zero-padded, as in PyTorch's {@code
 * LocalResponseNorm} and cuda-convnet. The window's sum is a 1x1 convolution with a band matrix
 * that holds α/5, and its bias is k, so that one pass gives the whole base; d^0.75 is √d·√√d.
 *
 * <p>No scalar operand anywhere: DJL frees a scalar's memory before the backward pass reads it.
 */
final class LocalResponseNorm {
  static final int SIZE = 5;
  static final float ALPHA = 1e-4f;
  static final float BETA = 0.75f;
  static final float K = 2f;

  private final NDArray band;
  private final NDArray k;

  /**
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
    // Duplicates live in the engine's memory; arrays made from Java's would live in a buffer.
    try (NDArray heap = manager.create(weights, new Shape(channels, channels, 1, 1))) {
      band = heap.duplicate();
    }
    k = manager.full(new Shape(channels), K);
  }

  /**
   * @param x (B,channels,H,W)
   */
  NDArray forward(NDArray x) {
    NDArray base = Conv2d.conv2d(x.mul(x), band, k).singletonOrThrow();
    NDArray root = base.sqrt();
    return x.div(root.mul(root.sqrt()));
  }
}
