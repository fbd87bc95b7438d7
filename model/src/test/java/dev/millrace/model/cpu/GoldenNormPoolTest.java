package dev.millrace.model.cpu;

import static dev.millrace.testing.GoldenValues.GOLDEN;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.PyTorch;
import dev.millrace.testing.GoldenDraws;
import dev.millrace.testing.GoldenValues;
import dev.millrace.testing.GoldenValues.Block;
import org.junit.jupiter.api.Test;

/**
 * Compares outputs and gradients of blocks with PyTorch's values in {@code reference/golden.json}.
 */
class GoldenNormPoolTest {
  private static final double TOLERANCE = 1e-6;

  @Test
  void localResponseNormAgreesWithPyTorch() {
    Block golden = GOLDEN.blocks().get("localResponseNorm");
    try (NDManager manager = PyTorch.newManager(Device.cpu())) {
      LocalResponseNorm norm = new LocalResponseNorm(manager, golden.shape().get(1).intValue());
      assertAgrees((x, tape) -> norm.forward(x), golden);
    }
  }

  @Test
  void fusedNormPoolAgreesWithPyTorch() {
    assertAgrees(new FusedNormPool(2), GOLDEN.blocks().get("normPool"));
  }

  private static void assertAgrees(NormPool block, Block golden) {
    Shape shape = new Shape(golden.shape());
    float[] inputs = GoldenDraws.uniform(golden.stream(), (int) shape.size(), golden.scale());
    float[] ofOutputs = GoldenDraws.uniform(golden.gradientStream(), golden.outputs().length, 1);
    try (NDManager manager = PyTorch.newManager(Device.cpu());
        Tape tape = Tape.record()) {
      NDArray leaf = manager.create(inputs, shape).duplicate();
      leaf.setRequiresGradient(true);
      // The block may overwrite its input, and a leaf must not be overwritten.
      NDArray outputs = block.forward(leaf.mul(manager.ones(shape)), tape);
      tape.backward(outputs.mul(manager.create(ofOutputs, outputs.getShape())).sum(), 1);
      assertThat(GoldenValues.deviation(outputs.toFloatArray(), golden.outputs()))
          .as("outputs")
          .isLessThan(TOLERANCE);
      assertThat(GoldenValues.deviation(leaf.getGradient().toFloatArray(), golden.gradient()))
          .as("gradient")
          .isLessThan(TOLERANCE);
    }
  }
}
