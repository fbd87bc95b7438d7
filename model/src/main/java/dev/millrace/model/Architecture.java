package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.cpu.Tape;
import java.util.List;
import java.util.Map;

/** A kind of network: the names and shapes of its parameters, and its forward pass. */
public interface Architecture {
  /** The name in settings, manifests and URLs. */
  String name();

  /** Parameter shapes by PyTorch's names, in PyTorch's order. */
  Map<String, Shape> parameters(int classes);

  /**
   * @param manager owns the constants that the pass needs
   */
  ForwardPass forwardPass(NDManager manager);

  /** From normalised images (B,3,32,32) F32 to logits (B,classes) F32. */
  @FunctionalInterface
  interface ForwardPass {
    /**
     * @param parameters by their names
     * @param tape takes what its backward pass needs
     */
    NDArray logits(NDArray images, Map<String, NDArray> parameters, Tape tape);
  }

  /**
   * @throws IllegalArgumentException if there is none of that name
   */
  static Architecture named(String name) {
    List<Architecture> all = List.of(new TinyImageNet());
    return all.stream()
        .filter(architecture -> architecture.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "architecture '%s' is none of %s"
                        .formatted(name, all.stream().map(Architecture::name).toList())));
  }
}
