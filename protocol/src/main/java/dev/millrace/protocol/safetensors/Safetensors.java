package dev.millrace.protocol.safetensors;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.protocol.MalformedException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * A safetensors file in memory: named tensors, row-major and little-endian.
 *
 * <pre>
 * | 8 bytes        | N bytes                                            | to the last byte         |
 * | N, LE unsigned | {"name":{"dtype":"F32","shape":[..],"data_offsets":[begin,end]},..}  padded | data |
 * </pre>
 *
 * Offsets are relative to the start of the data. Tensors follow one another without holes. {@code
 * __metadata__} maps strings to strings. Source: the README of the format in
 * huggingface/safetensors. Instances are immutable. The buffers of the tensors are read-only views
 * of the given bytes.
 */
public final class Safetensors {
  static final int LENGTH_BYTES = 8;
  private static final int ALIGNMENT = 8;
  static final String METADATA = "__metadata__";

  /** An element type that Millrace reads and writes, with its name in the format. */
  public enum DType {
    U8(1),
    I64(8),
    F32(4);

    private final int bytes;

    DType(int bytes) {
      this.bytes = bytes;
    }

    /** Returns the size of one element in bytes. */
    public int bytes() {
      return bytes;
    }
  }

  /**
   * A tensor.
   *
   * @param shape dimensions, outermost first; empty for a scalar
   * @param data exactly {@code product(shape) * dtype.bytes()} bytes, little-endian
   */
  public record Tensor(DType dtype, List<Long> shape, ByteBuffer data) {
    public Tensor {
      shape = List.copyOf(shape);
      data = data.slice().order(ByteOrder.LITTLE_ENDIAN);
      if (bytes(dtype, shape) != data.remaining()) {
        throw new IllegalArgumentException(
            "a tensor %s%s needs %d bytes; found %d"
                .formatted(dtype, shape, bytes(dtype, shape), data.remaining()));
      }
    }

    /** Returns a new view of the data, little-endian, positioned at its start. */
    @Override
    public ByteBuffer data() {
      return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Returns the elements of an F32 tensor, row-major. */
    public float[] floats() {
      if (dtype != DType.F32) {
        throw new IllegalStateException("the dtype is %s; expected F32".formatted(dtype));
      }
      float[] out = new float[data.remaining() / Float.BYTES];
      data().asFloatBuffer().get(out);
      return out;
    }

    /** Creates an F32 tensor from row-major elements. */
    public static Tensor ofFloats(List<Long> shape, float[] values) {
      ByteBuffer data =
          ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      data.asFloatBuffer().put(values);
      return new Tensor(DType.F32, shape, data);
    }

    private static long bytes(DType dtype, List<Long> shape) {
      long size = dtype.bytes();
      for (long dimension : shape) {
        if (dimension < 0) {
          throw new IllegalArgumentException(
              "the shape %s has a negative dimension".formatted(shape));
        }
        size = Math.multiplyExact(size, dimension);
      }
      return size;
    }
  }

  private final Map<String, Tensor> tensors;
  private final Map<String, String> metadata;

  private Safetensors(Map<String, Tensor> tensors, Map<String, String> metadata) {
    this.tensors = Collections.unmodifiableMap(tensors);
    this.metadata = Collections.unmodifiableMap(metadata);
  }

  /** Returns the tensors in the order of their data. */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * Returns the tensor with the given name.
   *
   * @throws MalformedException if no tensor has this name
   */
  public Tensor tensor(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new MalformedException(
          "tensor '%s' is missing; found %s".formatted(name, tensors.keySet()));
    }
    return tensor;
  }

  /** Writes the tensors in the order of the map. Equal arguments give equal bytes. */
  public static byte[] write(Map<String, Tensor> tensors, Map<String, String> metadata) {
    byte[] header = header(tensors, metadata);
    long size = LENGTH_BYTES + header.length;
    for (Tensor tensor : tensors.values()) {
      size += tensor.data().remaining();
    }
    ByteBuffer out =
        ByteBuffer.allocate(Math.toIntExact(size))
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header);
    tensors.values().forEach(tensor -> out.put(tensor.data()));
    return out.array();
  }

  private static byte[] header(Map<String, Tensor> tensors, Map<String, String> metadata) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (!metadata.isEmpty()) {
      ObjectNode entries = json.putObject(METADATA);
      metadata.forEach(entries::put);
    }
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Tensor tensor = entry.getValue();
      ObjectNode node = json.putObject(entry.getKey());
      node.put("dtype", tensor.dtype().name());
      tensor.shape().forEach(node.putArray("shape")::add);
      node.putArray("data_offsets").add(offset).add(offset + tensor.data().remaining());
      offset += tensor.data().remaining();
    }
    byte[] text = json.toString().getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(text, (text.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    Arrays.fill(padded, text.length, padded.length, (byte) ' ');
    return padded;
  }

  /**
   * Reads a complete file without copying its data.
   *
   * @throws MalformedException if the bytes are not exactly one valid file: truncation, trailing
   *     bytes, holes, overlaps, duplicate names, a size that is not shape times type, or another
   *     dtype
   */
  public static Safetensors read(ByteBuffer file) {
    SafetensorsReader reader = new SafetensorsReader(file);
    return new Safetensors(reader.tensors(), reader.metadata());
  }
}
