package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.safetensors.Safetensors.DType;
import dev.millrace.protocol.safetensors.Safetensors.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Conversions between the engine's arrays and the tensors of files. */
public final class NamedTensors {
  private NamedTensors() {}

  /** Copies an F32 array into a tensor. */
  public static Tensor of(NDArray array) {
    List<Long> shape = Arrays.stream(array.getShape().getShape()).boxed().toList();
    return Tensor.ofFloats(shape, array.toFloatArray());
  }

  /** Copies values into the target's own memory. DJL's {@code copyTo} would replace this memory. */
  public static void copy(NDArray source, NDArray target) {
    target.set(new NDIndex(":"), source);
  }

  /**
   * Reads all values of a file that must contain exactly the given F32 tensors.
   *
   * @param shapes the expected shapes by tensor name
   * @param what name of the expected content, for the error message
   * @throws MalformedException if the names, types or shapes of the tensors differ
   */
  public static Map<String, float[]> floats(
      Safetensors file, Map<String, List<Long>> shapes, String what) {
    if (!file.tensors().keySet().equals(shapes.keySet())) {
      throw new MalformedException(
          "%s: expected the tensors %s, found %s"
              .formatted(what, shapes.keySet(), file.tensors().keySet()));
    }
    Map<String, float[]> values = new LinkedHashMap<>();
    shapes.forEach(
        (name, shape) -> {
          Tensor tensor = file.tensor(name);
          if (tensor.dtype() != DType.F32 || !tensor.shape().equals(shape)) {
            throw new MalformedException(
                "%s: expected '%s' as F32%s, found %s%s"
                    .formatted(what, name, shape, tensor.dtype(), tensor.shape()));
          }
          values.put(name, tensor.floats());
        });
    return values;
  }
}
