package dev.millrace.model.cpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.FloatBuffer;

/** The memory of F32 arrays on a CPU, for arithmetic that the engine does not have. */
public final class TensorMemory {
  private TensorMemory() {}

  /**
   * The same (B,C,H,W), but with channels last in memory: on a CPU convolutions of such by such,
   * and of all that comes of it, need no reordering. What has other dimensions, or is on a GPU,
   * stays.
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
   * An array of one dimension as one of that shape in the same memory, which lies in it as {@link
   * #channelsLast} would have it.
   */
  static NDArray view(NDArray flat, Shape s) {
    return liesChannelsLast(flat, s)
        ? flat.reshape(s.get(0), s.get(2), s.get(3), s.get(1)).transpose(0, 3, 1, 2)
        : flat.reshape(s);
  }

  /**
   * The values of a dense array in the order in which they lie in memory, if that is row-major or,
   * of (B,C,H,W), with {@link #channelsLast}: to be read and written as long as the array's manager
   * is open. Of an array in any other order it is a copy.
   */
  public static FloatBuffer of(NDArray array) {
    return of(flatten(array));
  }

  /** The same of an array of one dimension, as long as that is open. */
  static FloatBuffer of(PtNDArray flat) {
    return JniUtils.getByteBuffer(flat, true).asFloatBuffer();
  }

  /**
   * The values of a dense array in the order that {@link #channelsLast} gives them: of (B,C,H,W) as
   * (B·H·W·C), or on a GPU row-major. A copy unless they lie so.
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
