package dev.millrace.model;

import static dev.millrace.testing.GoldenValues.GOLDEN;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.testing.GoldenDraws;
import dev.millrace.testing.GoldenValues;
import dev.millrace.testing.GoldenValues.Case;
import dev.millrace.testing.GoldenValues.Pixels;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares normalisation and logits with PyTorch's values in {@code reference/golden.json}. */
class GoldenNetworkTest {
  private static final int PLANE = Minibatch.HEIGHT * Minibatch.WIDTH;

  @Test
  void randomValuesEqualThoseOfThePythonScript() {
    int stream = GOLDEN.bits().stream();
    int count = GOLDEN.bits().values().size();
    assertThat(
            IntStream.range(0, count)
                .mapToObj(i -> Integer.toUnsignedLong(GoldenDraws.bits(stream, i))))
        .isEqualTo(GOLDEN.bits().values());
  }

  @Test
  void statisticsEqualThoseOfTheDatasets() {
    assertThat(GOLDEN.normalization().get("cifar10").normalization())
        .isEqualTo(Normalization.CIFAR10);
    assertThat(GOLDEN.normalization().get("cifar100").normalization())
        .isEqualTo(Normalization.CIFAR100);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cifar10", "cifar100"})
  void normalisesPixels(String dataset) {
    Pixels golden = GOLDEN.normalization().get(dataset);
    int count = golden.pixels().size();
    ByteBuffer image = ByteBuffer.allocateDirect(Minibatch.IMAGE_BYTES);
    for (int channel = 0; channel < Minibatch.CHANNELS; channel++) {
      for (int i = 0; i < count; i++) {
        image.put(channel * PLANE + i, golden.pixels().get(i).byteValue());
      }
    }
    Safetensors none = Safetensors.read(ByteBuffer.wrap(Safetensors.write(Map.of(), Map.of())));
    Architecture echo = new Echo();
    try (Network network =
        Network.load(echo, Minibatch.IMAGE_BYTES, golden.normalization(), none, Device.cpu())) {
      float[] seen = network.logits(image, 1)[0];
      for (int channel = 0; channel < Minibatch.CHANNELS; channel++) {
        float[] found = Arrays.copyOfRange(seen, channel * PLANE, channel * PLANE + count);
        assertThat(GoldenValues.deviation(found, golden.values()[channel]))
            .as("channel " + channel)
            .isLessThan(1e-6);
      }
    }
  }

  /** An architecture that returns its input, the normalised image, as logits. */
  private static final class Echo implements Architecture {
    @Override
    public String name() {
      return "echo";
    }

    @Override
    public Map<String, Shape> parameters(int classes) {
      return Map.of();
    }

    @Override
    public ForwardPass forwardPass(NDManager manager) {
      return (images, parameters, tape) -> images.flatten(1, -1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cifar10", "cifar100"})
  void computesLogits(String dataset) {
    Case golden = GOLDEN.networks().get(dataset);
    Minibatch minibatch = golden.minibatch();
    int last = golden.images() - 1;
    try (Network network =
        Network.load(
            new TinyImageNet(),
            golden.classes(),
            GOLDEN.normalization().get(dataset).normalization(),
            golden.weights(),
            Device.cpu())) {
      float[][] found = network.logits(minibatch.images(), golden.images());
      for (int i = 0; i <= last; i++) {
        assertThat(GoldenValues.deviation(found[i], golden.logits()[i]))
            .as("image " + i)
            .isLessThan(2e-6);
      }
      float[] alone = network.logits(minibatch.part(last, 1).images(), 1)[0];
      assertThat(GoldenValues.deviation(alone, golden.logits()[last])).isLessThan(2e-6);
    }
  }
}
