package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.cpu.TensorMemory;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.stream.Minibatch;

/** The first layer of a network: converts bytes to normalised values. */
final class PixelNormalization {
  private final NDArray scale;
  private final NDArray shift;

  /**
   * Creates the layer.
   *
   * @param manager owns the constants of the layer
   */
  PixelNormalization(NDManager manager, Normalization normalization) {
    float[] scales = new float[Minibatch.CHANNELS];
    float[] shifts = new float[Minibatch.CHANNELS];
    for (int c = 0; c < Minibatch.CHANNELS; c++) {
      scales[c] = (float) (1 / (255 * normalization.std().get(c)));
      shifts[c] = (float) (-normalization.mean().get(c) / normalization.std().get(c));
    }
    scale = perChannel(manager, scales);
    shift = perChannel(manager, shifts);
  }

  /**
   * Creates a (1,3,1,1) array in the engine's memory. An array that is created from Java values
   * lives in a Java buffer.
   */
  private static NDArray perChannel(NDManager manager, float[] values) {
    Shape shape = new Shape(1, Minibatch.CHANNELS, 1, 1);
    try (NDArray heap = manager.create(values, shape)) {
      return heap.duplicate();
    }
  }

  /**
   * Normalises images.
   *
   * @param images U8 or F32 (B,3,32,32), RGB, 0 to 255
   * @return F32 (B,3,32,32), owned by the images' manager
   */
  NDArray apply(NDArray images) {
    return TensorMemory.channelsLast(images).toType(DataType.FLOAT32, false).mul(scale).add(shift);
  }
}
