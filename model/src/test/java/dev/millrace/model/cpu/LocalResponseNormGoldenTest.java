package dev.millrace.model.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.millrace.model.PyTorch;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.safetensors.Safetensors.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Compares values and gradient with PyTorch's, which are read from the folder {@code
 * MILLRACE_GOLDEN}.
 */
class LocalResponseNormGoldenTest {
  private static final Path FILE =
      Path.of(Optional.ofNullable(System.getenv("MILLRACE_GOLDEN")).orElse("../../shared/golden"))
          .resolve("local-response-norm.safetensors");

  @Test
  void agreesWithPyTorchForwardAndBackward() throws IOException {
    assumeTrue(
        Files.exists(FILE), "SKIPPED: no golden values at " + FILE + "; set MILLRACE_GOLDEN");
    Safetensors golden = Safetensors.read(ByteBuffer.wrap(Files.readAllBytes(FILE)));
    try (NDManager manager = PyTorch.newManager(ai.djl.Device.cpu())) {
      NDArray x = array(manager, golden.tensor("x"));
      NDArray dy = array(manager, golden.tensor("dy"));
      x.setRequiresGradient(true);
      LocalResponseNorm norm = new LocalResponseNorm(manager, (int) x.getShape().get(1));
      NDArray y;
      try (GradientCollector collector = PyTorch.engine().newGradientCollector()) {
        y = norm.forward(x);
        collector.backward(y.mul(dy).sum());
      }
      assertClose(y.toFloatArray(), golden.tensor("y").floats(), 0);
      assertClose(x.getGradient().toFloatArray(), golden.tensor("dx").floats(), 1e-4f);
    }
  }

  private static NDArray array(NDManager manager, Tensor tensor) {
    Shape shape = new Shape(tensor.shape());
    return manager.create(tensor.floats(), shape).duplicate();
  }

  /**
   * Checks values to 1e-5 relative or 1e-6 absolute, and gradients relative to the largest
   * magnitude.
   */
  private static void assertClose(float[] found, float[] expected, float ofLargest) {
    assertThat(found).hasSameSizeAs(expected);
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < found.length; i++) {
      float allowed =
          ofLargest > 0 ? ofLargest * largest : Math.max(1e-6f, 1e-5f * Math.abs(expected[i]));
      assertThat(Math.abs(found[i] - expected[i])).as("element " + i).isLessThanOrEqualTo(allowed);
    }
  }
}
