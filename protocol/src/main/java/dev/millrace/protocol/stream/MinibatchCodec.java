package dev.millrace.protocol.stream;

import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.safetensors.Safetensors.DType;
import dev.millrace.protocol.safetensors.Safetensors.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The codec between minibatches and bytes. The format is a {@linkplain Safetensors safetensors}
 * file with {@code images} U8 (B,3,32,32) and {@code labels} I64 (B). Equal minibatches have equal
 * bytes. No other class depends on this format.
 */
public final class MinibatchCodec {
  private static final String IMAGES = "images";
  private static final String LABELS = "labels";

  private MinibatchCodec() {}

  /** Encodes a minibatch. */
  public static byte[] encode(Minibatch minibatch) {
    long size = minibatch.size();
    ByteBuffer labels =
        ByteBuffer.allocate(minibatch.size() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    labels.asLongBuffer().put(minibatch.labels());
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(
        IMAGES,
        new Tensor(
            DType.U8,
            List.of(
                size, (long) Minibatch.CHANNELS, (long) Minibatch.HEIGHT, (long) Minibatch.WIDTH),
            minibatch.images()));
    tensors.put(LABELS, new Tensor(DType.I64, List.of(size), labels));
    return Safetensors.write(tensors, Map.of());
  }

  /**
   * A template for minibatches of one size, which are filled in place without a copy. A filled
   * minibatch has the same bytes as the result of {@link #encode}. Templates are immutable.
   */
  public static final class Template {
    private final int size;
    private final byte[] header;

    /**
     * Creates a template.
     *
     * @param size images per minibatch
     */
    public Template(int size) {
      this.size = size;
      ByteBuffer black = ByteBuffer.allocate(size * Minibatch.IMAGE_BYTES);
      byte[] whole = encode(new Minibatch(black, new long[size]));
      header = Arrays.copyOf(whole, whole.length - dataBytes());
    }

    private int dataBytes() {
      return size * (Minibatch.IMAGE_BYTES + Long.BYTES);
    }

    /** Returns the number of images per minibatch. */
    public int size() {
      return size;
    }

    /** Creates a minibatch of black images of class 0. */
    public byte[] blank() {
      return Arrays.copyOf(header, header.length + dataBytes());
    }

    /** Returns the offset of an image in the bytes of a minibatch. */
    public int imageAt(int image) {
      return header.length + image * Minibatch.IMAGE_BYTES;
    }

    /** Writes the label of an image into the bytes of a minibatch. */
    public void putLabel(byte[] minibatch, int image, long label) {
      ByteBuffer.wrap(minibatch)
          .order(ByteOrder.LITTLE_ENDIAN)
          .putLong(imageAt(size) + image * Long.BYTES, label);
    }
  }

  /**
   * Decodes a minibatch. The pixels are a view of {@code value}, not a copy.
   *
   * @param classes number of classes; every label must be below this number
   * @throws MalformedException if the bytes are not a minibatch, the minibatch is empty, or a label
   *     is out of range
   */
  public static Minibatch decode(byte[] value, int classes) {
    Safetensors file = Safetensors.read(ByteBuffer.wrap(value));
    Tensor images = file.tensor(IMAGES);
    Tensor labels = file.tensor(LABELS);
    if (file.tensors().size() != 2) {
      throw new MalformedException(
          "found the tensors %s; expected images and labels".formatted(file.tensors().keySet()));
    }
    require(labels.dtype() == DType.I64 && labels.shape().size() == 1, LABELS, labels);
    long size = labels.shape().get(0);
    List<Long> shape =
        List.of(size, (long) Minibatch.CHANNELS, (long) Minibatch.HEIGHT, (long) Minibatch.WIDTH);
    require(images.dtype() == DType.U8 && images.shape().equals(shape), IMAGES, images);
    if (size == 0) {
      throw new MalformedException("the minibatch has no images");
    }
    long[] values = new long[(int) size];
    labels.data().asLongBuffer().get(values);
    for (int i = 0; i < values.length; i++) {
      if (values[i] < 0 || values[i] >= classes) {
        throw new MalformedException(
            "label %d of image %d is outside [0, %d)".formatted(values[i], i, classes));
      }
    }
    return new Minibatch(images.data(), values);
  }

  private static void require(boolean holds, String name, Tensor found) {
    if (!holds) {
      throw new MalformedException(
          "'%s' is %s%s; expected images U8 (B,3,32,32) and labels I64 (B)"
              .formatted(name, found.dtype(), found.shape()));
    }
  }
}
