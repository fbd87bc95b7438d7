package dev.millrace.model.cpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.FloatBuffer;

/** Access to the memory of F32 arrays on a CPU, for arithmetic that the engine does not have. */
public final class TensorMemory {
  private TensorMemory() {}

  /**
   * Returns the same (B,C,H,W) array with channels last in memory. On a CPU, convolutions whose
   * images and weights are stored this way need no reordering, and neither do operations on their
   * results. Arrays with other dimensions and arrays on a GPU are returned unchanged.
   */
  public static NDArray channelsLast(NDArray array) {
    return liesChannelsLast(array, array.getShape())
        ? view(array.transpose(0, 2, 3, 1).reshape(-1), array.getShape())
        : array;
  }

  private static boolean liesChannelsLast(NDArray on, Shape shape) {
    return shape.dimension() == 4 && !on.getDevice().isGpu();
  }

  /**
   * Returns a view of a one-dimensional array with the given shape. The view has the order in
   * memory that {@link #channelsLast} gives to this shape.
   */
  static NDArray view(NDArray flat, Shape s) {
    return liesChannelsLast(flat, s)
        ? flat.reshape(s.get(0), s.get(2), s.get(3), s.get(1)).transpose(0, 3, 1, 2)
        : flat.reshape(s);
  }

  /**
   * Returns the memory of a dense array whose order in memory is the one that {@link #channelsLast}
   * gives it: channels last for (B,C,H,W) on a CPU, and row-major for all other arrays. The buffer
   * can be read and written while the array's manager is open. For an array in any other order, the
   * buffer is a copy.
   */
  public static FloatBuffer of(NDArray array) {
    return of(flatten(array));
  }

  /** Returns the memory of a one-dimensional array. The buffer is valid while the array is open. */
  static FloatBuffer of(PtNDArray flat) {
    return JniUtils.getByteBuffer(flat, true).asFloatBuffer();
  }

  /**
   * Returns the values of a dense array in the order that {@link #channelsLast} gives them:
   * (B,C,H,W) on a CPU as (B·H·W·C), all other arrays row-major. The result is a copy unless the
   * values already lie in this order.
   */
  public static PtNDArray flatten(NDArray array) {
    if (!liesChannelsLast(array, array.getShape())) {
      return (PtNDArray) array.reshape(-1);
    }
    try (NDArray nhwc = array.transpose(0, 2, 3, 1)) {
      return (PtNDArray) nhwc.reshape(-1);
    }
  }
}
