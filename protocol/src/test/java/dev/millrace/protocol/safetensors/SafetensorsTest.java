package dev.millrace.protocol.safetensors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.safetensors.Safetensors.DType;
import dev.millrace.protocol.safetensors.Safetensors.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
  private static byte[] example() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("b", Tensor.ofFloats(List.of(2L, 3L), new float[] {1, -2, 3.5f, 0, 5, 6}));
    tensors.put("a", new Tensor(DType.U8, List.of(4L), ByteBuffer.wrap(new byte[] {1, 2, 3, -1})));
    tensors.put("scalar", Tensor.ofFloats(List.of(), new float[] {42}));
    tensors.put("none", Tensor.ofFloats(List.of(0L, 7L), new float[0]));
    return Safetensors.write(tensors, Map.of("format", "pt"));
  }

  private static Safetensors read(byte[] file) {
    return Safetensors.read(ByteBuffer.wrap(file));
  }

  private static byte[] file(String header, int dataBytes) {
    byte[] text = header.getBytes(UTF_8);
    return ByteBuffer.allocate(8 + text.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .array();
  }

  @Test
  void readsWhatWasWritten() {
    Safetensors file = read(example());

    assertThat(file.tensors().keySet()).containsExactlyInAnyOrder("b", "a", "scalar", "none");
    assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
    assertThat(file.tensor("b").shape()).containsExactly(2L, 3L);
    assertThat(file.tensor("b").floats()).containsExactly(1, -2, 3.5f, 0, 5, 6);
    assertThat(file.tensor("a").data()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3, -1}));
    assertThat(file.tensor("scalar").floats()).containsExactly(42);
    assertThat(file.tensor("none").floats()).isEmpty();
    assertThat(Safetensors.write(file.tensors(), file.metadata())).hasSameSizeAs(example());
  }

  @Test
  void alignsTheDataToEightBytes() {
    assertThat(ByteBuffer.wrap(example()).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8).isZero();
  }

  @Test
  void rejectsEveryTruncation() {
    byte[] whole = example();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> read(cut)).isInstanceOf(MalformedException.class);
    }
  }

  @Test
  void rejectsTrailingBytes() {
    byte[] longer = Arrays.copyOf(example(), example().length + 1);
    assertThatThrownBy(() -> read(longer)).isInstanceOf(MalformedException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{",
        "{}x",
        "{\"t\":null}",
        "{\"t\":{}}",
        "{\"t\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":\"x\",\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,9223372036854775807]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
            + "\"u\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
            + "\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"__metadata__\":{\"n\":1},\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}"
      })
  void headersThatAreNotOfTheFormatAreRefused(String header) {
    assertThatThrownBy(() -> read(file(header, 8))).isInstanceOf(MalformedException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"BF16", "F16", "F64", "F8_E4M3", "F8_E5M2", "BOOL", "I32", "f32", "X", ""})
  void rejectsAnUnsupportedDtypeAndNamesTheSupportedOnes(String dtype) {
    String header = "{\"w\":{\"dtype\":\"%s\",\"shape\":[8],\"data_offsets\":[0,8]}}";
    assertThatThrownBy(() -> read(file(header.formatted(dtype), 8)))
        .isInstanceOf(MalformedException.class)
        .hasMessage(
            "'w' has dtype '%s'; Millrace reads [U8, I64, F32]: convert the tensor, in PyTorch with .float() for weights",
            dtype);
  }

  @Test
  void rejectsAHeaderLengthBeyondTheFile() {
    for (long length : new long[] {Long.MAX_VALUE, -1, 9, 1L << 32}) {
      byte[] file = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
      assertThatThrownBy(() -> read(file)).isInstanceOf(MalformedException.class);
    }
  }

  @Test
  void namesAMissingTensorAndTheExistingOnes() {
    assertThatThrownBy(() -> read(example()).tensor("conv9.weight"))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining("conv9.weight")
        .hasMessageContaining("scalar");
  }

  @Test
  void rejectsDataThatDoesNotFitTheShape() {
    assertThatThrownBy(() -> Tensor.ofFloats(List.of(3L), new float[2]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
