package dev.millrace.model.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.NamedTensors;
import dev.millrace.model.PyTorch;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FlatArraysTest {
  /** Checks that the values of a gradient and of its parameter have the same order. */
  @Test
  void storesTheViewsConsecutivelyInFlattenedOrder() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put("conv.weight", new Shape(4, 3, 2, 2));
    shapes.put("conv.bias", new Shape(4));
    shapes.put("fc.weight", new Shape(5, 6));
    try (NDManager manager = PyTorch.newManager(Device.cpu())) {
      FlatArrays arrays = FlatArrays.zeros(manager, shapes);
      assertThat(arrays.views().keySet()).containsExactlyElementsOf(shapes.keySet());
      FloatBuffer expected = FloatBuffer.allocate((int) arrays.flat().size());
      Random random = new Random(1);
      arrays
          .views()
          .forEach(
              (name, view) -> {
                NDArray values = values(manager, shapes.get(name), random);
                NamedTensors.copy(values, view);
                assertThat(view.toFloatArray()).as(name).isEqualTo(values.toFloatArray());
                expected.put(TensorMemory.flatten(values).toFloatArray());
              });
      assertThat(expected.hasRemaining()).isFalse();
      assertThat(arrays.flat().toFloatArray()).isEqualTo(expected.array());
    }
  }

  private static NDArray values(NDManager manager, Shape shape, Random random) {
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return manager.create(values, shape);
  }
}
