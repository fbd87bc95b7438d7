package dev.millrace.inference.oip;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Encodes tensors as bytes: little-endian, row-major, strings with a 4-byte length prefix. */
public final class BinaryTensors {
  /** The HTTP header with the length of the JSON before the tensors. */
  public static final String HEADER = "Inference-Header-Content-Length";

  /** The extension's name in the metadata. */
  public static final String EXTENSION = "binary_tensor_data";

  /** The parameter that replaces {@code data}. */
  public static final String SIZE = "binary_data_size";

  private BinaryTensors() {}

  static byte[] floats(List<Float> values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    values.forEach(bytes::putFloat);
    return bytes.array();
  }

  static byte[] strings(List<String> values) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String value : values) {
      byte[] text = value.getBytes(StandardCharsets.UTF_8);
      bytes.writeBytes(
          ByteBuffer.allocate(Integer.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(text.length)
              .array());
      bytes.writeBytes(text);
    }
    return bytes.toByteArray();
  }
}
