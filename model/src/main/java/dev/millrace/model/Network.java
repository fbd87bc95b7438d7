package dev.millrace.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.millrace.model.cpu.FlatArrays;
import dev.millrace.model.cpu.Tape;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.safetensors.Safetensors.Tensor;
import dev.millrace.protocol.stream.Minibatch;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * An architecture with parameters on one device. The input is bytes: normalisation is the first
 * layer. Several threads may run passes concurrently while no thread changes the parameters. The
 * creator of a network closes it.
 */
public final class Network implements AutoCloseable {
  private final NDManager manager;
  private final FlatArrays parameters;
  private final Architecture.ForwardPass forward;
  private final PixelNormalization normalize;
  private final int classes;

  private Network(
      Architecture architecture,
      int classes,
      Normalization normalization,
      Device device,
      Map<String, float[]> values) {
    this.classes = classes;
    manager = PyTorch.newManager(device);
    parameters = FlatArrays.zeros(manager, architecture.parameters(classes));
    parameters.views().forEach((name, parameter) -> fill(parameter, values.get(name)));
    forward = architecture.forwardPass(manager);
    normalize = new PixelNormalization(manager, normalization);
  }

  /**
   * Creates a network with random parameters. Equal seeds give equal parameters on every machine.
   */
  public static Network initialize(
      Architecture architecture,
      int classes,
      Normalization normalization,
      long seed,
      Device device) {
    Map<String, float[]> values = RandomParameters.draw(architecture.parameters(classes), seed);
    return new Network(architecture, classes, normalization, device, values);
  }

  /**
   * Creates a network with the parameters of a file.
   *
   * @throws dev.millrace.protocol.MalformedException if a parameter is missing or unexpected, or if
   *     its shape or type differs from the architecture's
   */
  public static Network load(
      Architecture architecture,
      int classes,
      Normalization normalization,
      Safetensors weights,
      Device device) {
    Map<String, float[]> values =
        NamedTensors.floats(weights, shapes(architecture, classes), architecture.name());
    return new Network(architecture, classes, normalization, device, values);
  }

  /** Creates the network of a checkpoint whose weights were verified. */
  public static Network load(CheckpointManifest manifest, Safetensors weights, Device device) {
    return load(
        Architecture.named(manifest.architecture()),
        manifest.classes().size(),
        manifest.normalization(),
        weights,
        device);
  }

  private static Map<String, List<Long>> shapes(Architecture architecture, int classes) {
    return architecture.parameters(classes).entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey,
                e -> Arrays.stream(e.getValue().getShape()).boxed().toList(),
                (a, b) -> a,
                LinkedHashMap::new));
  }

  private static void fill(NDArray parameter, float[] values) {
    try (NDArray heap = parameter.getManager().create(values, parameter.getShape())) {
      NamedTensors.copy(heap, parameter);
    }
  }

  /** Returns the parameters by PyTorch's names, in PyTorch's order. The network owns them. */
  public Map<String, NDArray> parameters() {
    return parameters.views();
  }

  /** Returns the memory of all parameters as one array, one parameter after the other. */
  public NDArray flatParameters() {
    return parameters.flat();
  }

  /**
   * Returns the same parameters in the same memory, without gradients. Passes that are recorded
   * concurrently need one replica each. A replica must not be used after this network is closed.
   *
   * @param owner closes the replica
   */
  public Map<String, NDArray> replica(NDManager owner) {
    Map<String, NDArray> replica = new LinkedHashMap<>();
    parameters()
        .forEach(
            (name, parameter) -> {
              NDArray alias = JniUtils.detachGradient((PtNDArray) parameter);
              alias.attach(owner);
              alias.setRequiresGradient(true);
              replica.put(name, alias);
            });
    return replica;
  }

  /** Returns the device of the parameters. */
  public Device device() {
    return manager.getDevice();
  }

  /**
   * Creates a manager for the arrays of one step. Closing it frees these arrays, not the network.
   */
  public NDManager newStepManager() {
    return manager.newSubManager();
  }

  /**
   * Computes logits without recording the pass.
   *
   * @param images U8 (B,3,32,32), RGB
   * @return logits F32 (B,classes), owned by the images' manager
   */
  public NDArray forward(NDArray images) {
    return forward(images, parameters(), Tape.off());
  }

  /**
   * Computes logits with a replica of the parameters.
   *
   * @param images U8 (B,3,32,32), RGB
   * @param replica a replica of this network's parameters
   * @param tape records the pass
   * @return logits F32 (B,classes), owned by the images' manager
   */
  public NDArray forward(NDArray images, Map<String, NDArray> replica, Tape tape) {
    return forward.logits(normalize.apply(images), replica, tape);
  }

  /**
   * Computes the logits of U8 images.
   *
   * @param images U8 pixels of {@code count} images, each (3,32,32)
   * @return {@code count} rows of logits, one per class
   */
  public float[][] logits(ByteBuffer images, int count) {
    return logits(images, DataType.UINT8, count);
  }

  /**
   * Computes the logits of images.
   *
   * @param images pixels of {@code count} images, each (3,32,32), in native byte order
   * @param type UINT8, or FLOAT32 with the same range of 0 to 255
   * @return {@code count} rows of logits, one per class
   */
  public float[][] logits(ByteBuffer images, DataType type, int count) {
    try (NDManager step = newStepManager()) {
      Shape shape = new Shape(count, Minibatch.CHANNELS, Minibatch.HEIGHT, Minibatch.WIDTH);
      float[] flat = forward(step.create(images, shape, type)).toFloatArray();
      float[][] rows = new float[count][];
      for (int i = 0; i < count; i++) {
        rows[i] = Arrays.copyOfRange(flat, i * classes, (i + 1) * classes);
      }
      return rows;
    }
  }

  /** Returns whether no parameter is NaN or infinite. */
  public boolean isFinite() {
    // A sum is finite only if all of its summands are.
    try (NDArray sum = parameters.flat().sum()) {
      return Float.isFinite(sum.getFloat());
    }
  }

  /** Returns the parameters as a safetensors file. Equal parameters give equal bytes. */
  public byte[] weights() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    parameters().forEach((name, array) -> tensors.put(name, NamedTensors.of(array)));
    return Safetensors.write(tensors, Map.of("format", "pt"));
  }

  @Override
  public void close() {
    manager.close();
  }
}
