package dev.millrace.protocol.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.safetensors.Safetensors.DType;
import dev.millrace.protocol.safetensors.Safetensors.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MinibatchCodecTest {
  private static final int CLASSES = 10;

  private static Minibatch random(int size) {
    byte[] pixels = new byte[size * Minibatch.IMAGE_BYTES];
    Random random = new Random(size);
    random.nextBytes(pixels);
    return new Minibatch(ByteBuffer.wrap(pixels), random.longs(size, 0, CLASSES).toArray());
  }

  @Test
  void decodesWhatWasEncoded() {
    for (int size : new int[] {1, 2, 127, 128}) {
      Minibatch minibatch = random(size);
      Minibatch decoded = MinibatchCodec.decode(MinibatchCodec.encode(minibatch), CLASSES);
      assertThat(decoded.images()).isEqualTo(minibatch.images());
      assertThat(decoded.labels()).isEqualTo(minibatch.labels());
    }
  }

  /** Reads a file of Python's safetensors 0.8.0 in which pixel i is (7 i + 3) mod 256. */
  @Test
  void readsAMinibatchWrittenByPython() throws IOException {
    byte[] file;
    try (InputStream in =
        MinibatchCodecTest.class.getResourceAsStream("minibatch-by-python.safetensors")) {
      file = in.readAllBytes();
    }

    Minibatch minibatch = MinibatchCodec.decode(file, CLASSES);

    assertThat(minibatch.labels()).containsExactly(3, 9);
    ByteBuffer images = minibatch.images();
    for (int i = 0; i < 2 * Minibatch.IMAGE_BYTES; i++) {
      assertThat(Byte.toUnsignedInt(images.get(i))).isEqualTo((7 * i + 3) % 256);
    }
  }

  @Test
  void rejectsEveryTruncation() {
    byte[] whole = MinibatchCodec.encode(random(2));
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> MinibatchCodec.decode(cut, CLASSES))
          .isInstanceOf(MalformedException.class);
    }
  }

  @Test
  void rejectsLabelsOutsideTheClasses() {
    for (long label : new long[] {-1, CLASSES, Long.MIN_VALUE}) {
      byte[] value =
          MinibatchCodec.encode(
              new Minibatch(ByteBuffer.allocate(Minibatch.IMAGE_BYTES), new long[] {label}));
      assertThatThrownBy(() -> MinibatchCodec.decode(value, CLASSES))
          .isInstanceOf(MalformedException.class)
          .hasMessageContaining("label " + label);
    }
  }

  @Test
  void rejectsUnexpectedTensors() {
    Tensor images =
        new Tensor(DType.U8, List.of(1L, 3L, 32L, 32L), ByteBuffer.allocate(Minibatch.IMAGE_BYTES));
    Tensor flat = new Tensor(DType.U8, List.of(1L, 3072L), images.data());
    Tensor none = new Tensor(DType.U8, List.of(0L, 3L, 32L, 32L), ByteBuffer.allocate(0));
    Tensor label = new Tensor(DType.I64, List.of(1L), ByteBuffer.allocate(8));
    Tensor noLabel = new Tensor(DType.I64, List.of(0L), ByteBuffer.allocate(0));
    Tensor floats = Tensor.ofFloats(List.of(2L), new float[2]);

    refused(Map.of("images", images));
    refused(Map.of("labels", label));
    refused(Map.of("images", flat, "labels", label));
    refused(Map.of("images", images, "labels", floats));
    refused(Map.of("images", none, "labels", label));
    refused(Map.of("images", none, "labels", noLabel));
    refused(Map.of("images", images, "labels", label, "weights", floats));
  }

  private static void refused(Map<String, Tensor> tensors) {
    byte[] value = Safetensors.write(new HashMap<>(tensors), Map.of());
    assertThatThrownBy(() -> MinibatchCodec.decode(value, CLASSES))
        .as(tensors.keySet().toString())
        .isInstanceOf(MalformedException.class);
  }
}
