package dev.millrace.model;

import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The initial parameters of a network. As in PyTorch's {@code Conv2d} and {@code Linear}, weights
 * and biases are uniform in ±1/√fan_in.
 */
final class RandomParameters {
  private RandomParameters() {}

  /** Draws the values of each parameter, in the order of the shapes. */
  static Map<String, float[]> draw(Map<String, Shape> shapes, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, float[]> values = new LinkedHashMap<>();
    double bound = 0;
    for (Map.Entry<String, Shape> entry : shapes.entrySet()) {
      Shape shape = entry.getValue();
      if (shape.dimension() > 1) {
        // The bias of a layer follows its weight and has the same fan-in.
        bound = 1 / Math.sqrt((double) shape.size() / shape.get(0));
      }
      float[] drawn = new float[(int) shape.size()];
      for (int i = 0; i < drawn.length; i++) {
        drawn[i] = (float) ((2 * random.nextDouble() - 1) * bound);
      }
      values.put(entry.getKey(), drawn);
    }
    return values;
  }
}
