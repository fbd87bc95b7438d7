package dev.millrace.protocol.safetensors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.safetensors.Safetensors.DType;
import dev.millrace.protocol.safetensors.Safetensors.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A parser for safetensors files that validates all of its input. */
final class SafetensorsReader {
  /** A mapper that rejects duplicate names and trailing text. */
  private static final ObjectMapper STRICT =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final ByteBuffer data;

  /** End of the tensors read so far, as an offset in the data. */
  private long end;

  /**
   * Reads a file.
   *
   * @throws MalformedException as described at {@link Safetensors#read}
   */
  SafetensorsReader(ByteBuffer file) {
    ByteBuffer bytes = file.slice().order(ByteOrder.LITTLE_ENDIAN);
    JsonNode header = header(bytes);
    data = bytes.slice().asReadOnlyBuffer();
    for (Map.Entry<String, JsonNode> entry : inOrderOfData(header)) {
      if (entry.getKey().equals(Safetensors.METADATA)) {
        entry.getValue().properties().forEach(e -> metadata.put(e.getKey(), text(e.getValue())));
      } else {
        Tensor tensor = tensor(entry.getKey(), entry.getValue());
        tensors.put(entry.getKey(), tensor);
        end += tensor.data().remaining();
      }
    }
    if (end != data.remaining()) {
      throw new MalformedException(
          "the file has %d bytes of data; its header describes %d"
              .formatted(data.remaining(), end));
    }
  }

  /** Returns the tensors in the order of their data. */
  Map<String, Tensor> tensors() {
    return tensors;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  /** Reads the header and leaves the position after it. */
  private static JsonNode header(ByteBuffer bytes) {
    if (bytes.remaining() < Safetensors.LENGTH_BYTES) {
      throw new MalformedException(
          "the file has %d bytes; expected at least %d"
              .formatted(bytes.remaining(), Safetensors.LENGTH_BYTES));
    }
    long length = bytes.getLong();
    if (length < 0 || length > bytes.remaining()) {
      throw new MalformedException(
          "the header has %d bytes, but the file only %d"
              .formatted(length, bytes.remaining() + Safetensors.LENGTH_BYTES));
    }
    byte[] text = new byte[(int) length];
    bytes.get(text);
    try {
      JsonNode json = STRICT.readTree(text);
      if (!json.isObject()) {
        throw new MalformedException("the header is not a JSON object");
      }
      return json;
    } catch (IOException e) {
      throw new MalformedException("the header is not JSON: " + reason(e), e);
    }
  }

  private static List<Map.Entry<String, JsonNode>> inOrderOfData(JsonNode json) {
    return json.properties().stream()
        .sorted(
            Comparator.comparingLong(
                entry -> entry.getValue().path("data_offsets").path(0).asLong(-1)))
        .toList();
  }

  /** Reads the tensor that follows the tensors read so far. */
  private Tensor tensor(String name, JsonNode node) {
    JsonNode offsets = node.path("data_offsets");
    if (offsets.size() != 2
        || !offsets.path(0).isIntegralNumber()
        || !offsets.path(1).isIntegralNumber()) {
      throw new MalformedException("'%s' has no data_offsets [begin,end]".formatted(name));
    }
    long from = offsets.path(0).asLong();
    long to = offsets.path(1).asLong();
    if (from != end || to < from || to > data.remaining()) {
      throw new MalformedException(
          "'%s' is at [%d,%d]; expected a range that begins at %d, in %d bytes of data"
              .formatted(name, from, to, end, data.remaining()));
    }
    try {
      List<Long> shape = STRICT.readerForListOf(Long.class).readValue(node.path("shape"));
      return new Tensor(dtype(name, node), shape, data.slice((int) from, (int) (to - from)));
    } catch (IllegalArgumentException | ArithmeticException | IOException e) {
      throw new MalformedException("'%s': %s".formatted(name, reason(e)), e);
    }
  }

  private static DType dtype(String name, JsonNode node) {
    String found = node.path("dtype").asText();
    return Arrays.stream(DType.values())
        .filter(dtype -> dtype.name().equals(found))
        .findFirst()
        .orElseThrow(
            () ->
                new MalformedException(
                    "'%s' has dtype '%s'; Millrace reads %s: convert the tensor, in PyTorch with .float() for weights"
                        .formatted(name, found, Arrays.toString(DType.values()))));
  }

  private static String text(JsonNode value) {
    if (!value.isTextual()) {
      throw new MalformedException("the metadata contains a value that is not a string");
    }
    return value.asText();
  }

  private static String reason(Exception e) {
    return e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
  }
}
