package dev.millrace.model.cpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * F32 arrays that lie one behind the other in one, so that an operation can take them all at once:
 * on a GPU a small operation's launch takes longer than its arithmetic.
 *
 * @param flat of one dimension
 * @param views the same memory by name, in order; where {@link TensorMemory#channelsLast} would
 *     have them so, with channels last
 */
public record FlatArrays(NDArray flat, Map<String, NDArray> views) {
  /**
   * @param manager owns them all
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
