package dev.millrace.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.PyTorch;
import dev.millrace.model.cpu.TensorMemory;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares the fused update with the engine's operations over several steps. */
class FusedSgdTest {
  private final Random random = new Random(3);

  private static final List<Shape> SHAPES =
      List.of(new Shape(10), new Shape(256, 96), new Shape(4, 6, 3, 3), new Shape(96, 96, 3, 3));

  @Test
  void agreesWithTheEngine() {
    try (NDManager manager = PyTorch.newManager(Device.cpu())) {
      int size = (int) SHAPES.stream().mapToLong(Shape::size).sum();
      NDArray w = values(manager, new Shape(size));
      NDArray v = manager.zeros(new Shape(size));
      NDArray expectedW = w.duplicate();
      NDArray expectedV = v.duplicate();
      SgdOptimizer.Update fused = new FusedSgd(w, v, 0.9, 0.01);
      SgdOptimizer.Update engine = new EngineSgd(expectedW, expectedV, 0.9, 0.01);
      for (int step = 0; step < 3; step++) {
        List<List<NDArray>> gradients =
            SHAPES.stream()
                .map(s -> Stream.generate(() -> values(manager, s)).limit(3).toList())
                .toList();
        fused.apply(gradients, 0.1);
        engine.apply(gradients, 0.1);
      }
      assertClose(w, expectedW);
      assertClose(v, expectedV);
    }
  }

  private static void assertClose(NDArray found, NDArray expected) {
    assertThat(found.sub(expected).abs().max().getFloat()).isLessThan(1e-5f);
  }

  private NDArray values(NDManager manager, Shape shape) {
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return TensorMemory.channelsLast(manager.create(values, shape).duplicate());
  }
}
