package dev.millrace.model.cpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * F32 arrays that lie one after the other in a single array, so that one operation can process all
 * of them. On a GPU, the launch of a small operation takes longer than its arithmetic.
 *
 * @param flat one-dimensional array of all values
 * @param views the same memory by name, in order; channels are last in memory where {@link
 *     TensorMemory#channelsLast} puts them last
 */
public record FlatArrays(NDArray flat, Map<String, NDArray> views) {
  /**
   * Creates arrays of zeros.
   *
   * @param manager owns all arrays
   */
  public static FlatArrays zeros(NDManager manager, Map<String, Shape> shapes) {
    long size = shapes.values().stream().mapToLong(Shape::size).sum();
    NDArray flat = manager.zeros(new Shape(size));
    Map<String, NDArray> views = new LinkedHashMap<>();
    long first = 0;
    for (Map.Entry<String, Shape> entry : shapes.entrySet()) {
      long end = first + entry.getValue().size();
      try (NDArray part = flat.get(new NDIndex("{}:{}", first, end))) {
        views.put(entry.getKey(), TensorMemory.view(part, entry.getValue()));
      }
      first = end;
    }
    return new FlatArrays(flat, views);
  }
}
