package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.cpu.Tape;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A network architecture: the names and shapes of its parameters, and its forward pass. */
public interface Architecture {
  /** Returns the name of the architecture in settings, manifests and URLs. */
  String name();

  /** Returns the shapes of the parameters by PyTorch's names, in PyTorch's order. */
  Map<String, Shape> parameters(int classes);

  /**
   * Creates the forward pass.
   *
   * @param manager owns the constants of the pass
   */
  ForwardPass forwardPass(NDManager manager);

  /** A function from normalised images F32 (B,3,32,32) to logits F32 (B,classes). */
  @FunctionalInterface
  interface ForwardPass {
    /**
     * Computes the logits of some images.
     *
     * @param parameters the parameters by name
     * @param tape records what the backward pass needs
     */
    NDArray logits(NDArray images, Map<String, NDArray> parameters, Tape tape);
  }

  /**
   * Returns the architecture with the given name.
   *
   * @throws IllegalArgumentException if no architecture has this name
   */
  static Architecture named(String name) {
    List<Architecture> all = List.of(new TinyImageNet());
    return all.stream()
        .filter(architecture -> architecture.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "architecture '%s'; allowed: %s"
                        .formatted(
                            name,
                            all.stream()
                                .map(Architecture::name)
                                .collect(Collectors.joining(", ")))));
  }
}
