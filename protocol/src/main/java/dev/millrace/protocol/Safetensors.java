package dev.millrace.protocol;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A safetensors file in memory: named tensors, row-major and little-endian.
 *
 * <pre>
 * | 8 bytes        | N bytes                                            | to the last byte         |
 * | N, LE unsigned | {"name":{"dtype":"F32","shape":[..],"data_offsets":[begin,end]},..}  padded | data |
 * </pre>
 *
 * Offsets are relative to the data's start; tensors follow one another without holes. {@code
 * __metadata__} maps strings to strings. Source: the format's README in huggingface/safetensors.
 * Immutable; the tensors' buffers are read-only views of the bytes given.
 */
public final class Safetensors {
  private static final int LENGTH_BYTES = 8;
  private static final int ALIGNMENT = 8;
  private static final String METADATA = "__metadata__";

  /** The element types that Millrace writes and reads, by their names in the format. */
  public enum DType {
    U8(1),
    I64(8),
    F32(4);

    private final int bytes;

    DType(int bytes) {
      this.bytes = bytes;
    }

    /** Size of one element in bytes. */
    public int bytes() {
      return bytes;
    }
  }

  /**
   * One tensor.
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
            "%s%s needs %d bytes, got %d"
                .formatted(dtype, shape, bytes(dtype, shape), data.remaining()));
      }
    }

    /** A fresh view of the data, little-endian, positioned at its start. */
    @Override
    public ByteBuffer data() {
      return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The elements of an F32 tensor, row-major. */
    public float[] floats() {
      if (dtype != DType.F32) {
        throw new IllegalStateException("not F32 but " + dtype);
      }
      float[] out = new float[data.remaining() / Float.BYTES];
      data().asFloatBuffer().get(out);
      return out;
    }

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
          throw new IllegalArgumentException("negative dimension in " + shape);
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

  /** The tensors in the order of their data. */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * @throws MalformedException if there is no tensor of that name
   */
  public Tensor tensor(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new MalformedException(
          "no tensor '%s'; there are %s".formatted(name, tensors.keySet()));
    }
    return tensor;
  }

  /** Writes the tensors in the map's order; equal arguments give equal bytes. */
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
    ObjectNode json = Json.MAPPER.createObjectNode();
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
   * Reads a whole file without copying its data.
   *
   * @throws MalformedException if the bytes are anything but one complete file: truncated, trailing
   *     bytes, holes, overlaps, duplicate names, a size that is not shape times type, another dtype
   */
  public static Safetensors read(ByteBuffer file) {
    ByteBuffer bytes = file.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() < LENGTH_BYTES) {
      throw new MalformedException("%d bytes are too few".formatted(bytes.remaining()));
    }
    long headerLength = bytes.getLong();
    if (headerLength < 0 || headerLength > bytes.remaining()) {
      throw new MalformedException(
          "header of %d bytes in a file of %d"
              .formatted(headerLength, bytes.remaining() + LENGTH_BYTES));
    }
    byte[] header = new byte[(int) headerLength];
    bytes.get(header);
    return parse(header, bytes.slice().asReadOnlyBuffer());
  }

  private static Safetensors parse(byte[] header, ByteBuffer data) {
    JsonNode json;
    try {
      json = Json.STRICT.readTree(header);
    } catch (IOException e) {
      throw new MalformedException("header is not JSON: " + reason(e), e);
    }
    if (!json.isObject()) {
      throw new MalformedException("header is not a JSON object");
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : inOrderOfData(json)) {
      if (entry.getKey().equals(METADATA)) {
        entry.getValue().properties().forEach(e -> metadata.put(e.getKey(), text(e.getValue())));
      } else {
        long begin = tensors.values().stream().mapToLong(t -> t.data().remaining()).sum();
        tensors.put(entry.getKey(), tensor(entry.getKey(), entry.getValue(), begin, data));
      }
    }
    long end = tensors.values().stream().mapToLong(t -> t.data().remaining()).sum();
    if (end != data.remaining()) {
      throw new MalformedException(
          "data of %d bytes where the header describes %d".formatted(data.remaining(), end));
    }
    return new Safetensors(tensors, metadata);
  }

  private static List<Map.Entry<String, JsonNode>> inOrderOfData(JsonNode json) {
    return json.properties().stream()
        .sorted(
            (a, b) ->
                Long.compare(
                    a.getValue().path("data_offsets").path(0).asLong(-1),
                    b.getValue().path("data_offsets").path(0).asLong(-1)))
        .collect(Collectors.toList());
  }

  private static Tensor tensor(String name, JsonNode node, long begin, ByteBuffer data) {
    JsonNode offsets = node.path("data_offsets");
    if (offsets.size() != 2
        || !offsets.path(0).isIntegralNumber()
        || !offsets.path(1).isIntegralNumber()) {
      throw new MalformedException("'%s' has no data_offsets [begin,end]".formatted(name));
    }
    long from = offsets.path(0).asLong();
    long to = offsets.path(1).asLong();
    if (from != begin || to < from || to > data.remaining()) {
      throw new MalformedException(
          "'%s' at [%d,%d] where the data has %d bytes and the tensor before ends at %d"
              .formatted(name, from, to, data.remaining(), begin));
    }
    try {
      List<Long> shape = Json.STRICT.readerForListOf(Long.class).readValue(node.path("shape"));
      DType dtype = DType.valueOf(node.path("dtype").asText());
      return new Tensor(dtype, shape, data.slice((int) from, (int) (to - from)));
    } catch (IllegalArgumentException | ArithmeticException | IOException e) {
      throw new MalformedException("'%s': %s".formatted(name, reason(e)), e);
    }
  }

  private static String text(JsonNode value) {
    if (!value.isTextual()) {
      throw new MalformedException("metadata holds something other than strings");
    }
    return value.asText();
  }

  private static String reason(Exception e) {
    return e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
  }
}
