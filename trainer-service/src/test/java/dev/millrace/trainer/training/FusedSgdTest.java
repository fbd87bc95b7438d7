package dev.millrace.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.PyTorch;
import dev.millrace.model.TensorMemory;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The fused update against the engine's operations, over several steps. */
class FusedSgdTest {
  private final Random random = new Random(3);

  @Test
  void agreesWithTheEngine() {
    for (Shape shape :
        List.of(
            new Shape(10), new Shape(256, 96), new Shape(4, 6, 3, 3), new Shape(96, 96, 3, 3))) {
      try (NDManager manager = PyTorch.newManager(Device.cpu())) {
        NDArray parameter = values(manager, shape);
        NDArray velocity = TensorMemory.channelsLast(manager.zeros(shape));
        NDArray expected = parameter.duplicate();
        NDArray expectedVelocity = parameter.zerosLike();
        SgdOptimizer.Update fused = new FusedSgd(parameter, velocity, 0.9, 0.01);
        SgdOptimizer.Update engine = SgdOptimizer.byEngine(expected, expectedVelocity, 0.9, 0.01);
        for (int step = 0; step < 3; step++) {
          List<NDArray> gradients =
              List.of(values(manager, shape), values(manager, shape), values(manager, shape));
          fused.apply(gradients, 0.1);
          engine.apply(gradients, 0.1);
        }
        assertClose(parameter, expected);
        assertClose(velocity, expectedVelocity);
      }
    }
  }

  private static void assertClose(NDArray found, NDArray expected) {
    assertThat(found.sub(expected).abs().max().getFloat())
        .as("of " + found.getShape())
        .isLessThan(1e-5f);
  }

  private NDArray values(NDManager manager, Shape shape) {
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return TensorMemory.channelsLast(manager.create(values, shape).duplicate());
  }
}
