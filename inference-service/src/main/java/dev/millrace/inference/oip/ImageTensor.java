package dev.millrace.inference.oip;

import dev.millrace.inference.serving.Images;
import dev.millrace.protocol.stream.Minibatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * The model's one input: {@code images}, (N,3,32,32), RGB planes. The datatype is UINT8, or FP32
 * with values from 0 to 255, including fractions. The network's first layer normalizes them.
 */
public final class ImageTensor {
  /** The tensor's name. */
  public static final String NAME = "images";

  /** The datatype in the metadata. {@code FP32} is accepted too. */
  public static final String DATATYPE = "UINT8";

  /** The shape in the metadata, for any number of images. */
  public static final List<Long> SHAPE =
      List.of(-1L, (long) Minibatch.CHANNELS, (long) Minibatch.HEIGHT, (long) Minibatch.WIDTH);

  private static final float MAX = 255;

  private final boolean floats;
  private final int images;

  /**
   * Checks the description of the tensor.
   *
   * @throws InvalidRequestException if the name, datatype or shape differs from the model's
   */
  public ImageTensor(String name, String datatype, List<Long> shape, int maxImages) {
    require(NAME.equals(name), "input '%s' is unknown; the model has one input, %s", name, NAME);
    require(
        "UINT8".equals(datatype) || "FP32".equals(datatype),
        "input %s has the datatype '%s'; it must be UINT8 or FP32",
        NAME,
        datatype);
    require(
        shape.size() == SHAPE.size()
            && shape.subList(1, 4).equals(SHAPE.subList(1, 4))
            && shape.get(0) >= 1,
        "input %s has the shape %s; it must be [N, 3, 32, 32] with N of at least 1",
        NAME,
        shape);
    require(
        shape.get(0) <= maxImages,
        "input %s has %d images; at most %d are taken in one request",
        NAME,
        shape.get(0),
        maxImages);
    floats = "FP32".equals(datatype);
    images = shape.get(0).intValue();
  }

  int elements() {
    return images * Minibatch.IMAGE_BYTES;
  }

  public boolean isFloat() {
    return floats;
  }

  /**
   * Reads images from bytes.
   *
   * @param data little-endian, row-major
   */
  public Images ofRaw(ByteBuffer data) {
    int expected = elements() * (floats ? Float.BYTES : 1);
    require(
        data.remaining() == expected,
        "input %s has %d bytes of data; its shape and datatype need %d",
        NAME,
        data.remaining(),
        expected);
    if (floats) {
      float[] pixels = new float[elements()];
      data.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(pixels);
      return ofFloats(pixels);
    }
    byte[] pixels = new byte[elements()];
    data.slice().get(pixels);
    return Images.of(pixels);
  }

  /**
   * Reads images from numbers.
   *
   * @param count the number of values
   */
  public Images ofValues(int count, IntToDoubleFunction values) {
    require(
        count == elements(),
        "input %s has %d elements of data; its shape needs %d",
        NAME,
        count,
        elements());
    if (floats) {
      float[] pixels = new float[count];
      for (int i = 0; i < count; i++) {
        pixels[i] = (float) values.applyAsDouble(i);
      }
      return ofFloats(pixels);
    }
    byte[] pixels = new byte[count];
    for (int i = 0; i < count; i++) {
      double value = values.applyAsDouble(i);
      int whole = (int) value;
      require(
          whole == value && whole >= 0 && whole <= MAX,
          "input %s has the element %s at %d; UINT8 is a whole number from 0 to 255",
          NAME,
          value,
          i);
      pixels[i] = (byte) whole;
    }
    return Images.of(pixels);
  }

  private static Images ofFloats(float[] pixels) {
    for (int i = 0; i < pixels.length; i++) {
      // Written this way, a NaN does not pass.
      require(
          pixels[i] >= 0 && pixels[i] <= MAX,
          "input %s has the element %s at %d; a pixel is from 0 to 255",
          NAME,
          pixels[i],
          i);
    }
    return Images.of(pixels);
  }

  public static void require(boolean holds, String otherwise, Object... details) {
    if (!holds) {
      throw new InvalidRequestException(otherwise.formatted(details));
    }
  }
}
