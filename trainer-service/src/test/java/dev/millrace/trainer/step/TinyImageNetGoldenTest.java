package dev.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import dev.millrace.model.Network;
import dev.millrace.model.PyTorch;
import dev.millrace.model.TinyImageNet;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.safetensors.Safetensors.Tensor;
import dev.millrace.protocol.stream.Minibatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Compares logits, losses, and the parameters after six steps across a milestone with PyTorch's
 * values from the folder {@code MILLRACE_GOLDEN}.
 */
class TinyImageNetGoldenTest {
  private static final Path FOLDER =
      Path.of(Optional.ofNullable(System.getenv("MILLRACE_GOLDEN")).orElse("../../shared/golden"));
  private static final int STEPS = 6;
  private static final int MILESTONE = 3;

  @Test
  void cifar10AgreesWithPyTorch() throws IOException {
    Safetensors golden = golden("tinyimagenet-cifar10.safetensors");
    try (TrainingSession session = session(golden, 10, Normalization.CIFAR10)) {
      assertLogits(session.network(), golden, "logits");
      trainAndAssertLosses(session, golden);
      assertLogits(session.network(), golden, "logits.after");
      session
          .network()
          .parameters()
          .forEach(
              (name, found) ->
                  assertCloseToLargest(
                      name, found.toFloatArray(), golden.tensor("after." + name).floats()));
    }
  }

  @Test
  void cifar10FirstGradientAgreesWithPyTorch() throws IOException {
    Safetensors golden = golden("tinyimagenet-cifar10.safetensors");
    // With lr 1, no momentum and no decay, a step subtracts exactly the gradient.
    try (TrainingSession session =
        new TrainingSession(network(golden, 10, Normalization.CIFAR10), 0, 0, 4)) {
      session.train(minibatch(golden), 1);
      session
          .network()
          .parameters()
          .forEach(
              (name, after) -> {
                float[] before = golden.tensor(name).floats();
                float[] gradient = after.toFloatArray();
                for (int i = 0; i < gradient.length; i++) {
                  gradient[i] = before[i] - gradient[i];
                }
                assertCloseToLargest(name, gradient, golden.tensor("grad." + name).floats());
              });
    }
  }

  @Test
  void cifar100AgreesWithPyTorch() throws IOException {
    Safetensors golden = golden("tinyimagenet-cifar100.safetensors");
    try (TrainingSession session = session(golden, 100, Normalization.CIFAR100)) {
      assertLogits(session.network(), golden, "logits");
      trainAndAssertLosses(session, golden);
      assertLogits(session.network(), golden, "logits.after");
    }
  }

  /**
   * Tests a GPU to the precision of its matrix units, whose operands have 10 bits of mantissa
   * (TF32).
   */
  @Test
  void cifar10AgreesWithPyTorchOnAGpu() throws IOException {
    assumeTrue(PyTorch.engine().getGpuCount() > 0, "SKIPPED: there is no GPU");
    Safetensors golden = golden("tinyimagenet-cifar10.safetensors");
    try (TrainingSession session =
        new TrainingSession(
            network(golden, 10, Normalization.CIFAR10, Device.gpu()), 0.9, 5e-4, 4)) {
      assertLogits(session.network(), golden, "logits", 1e-3);
      trainAndAssertLosses(session, golden);
      assertLogits(session.network(), golden, "logits.after", 1e-3);
    }
  }

  private static Safetensors golden(String name) throws IOException {
    Path file = FOLDER.resolve(name);
    assumeTrue(
        Files.exists(file), "SKIPPED: no golden values at " + file + "; set MILLRACE_GOLDEN");
    return Safetensors.read(ByteBuffer.wrap(Files.readAllBytes(file)));
  }

  private static TrainingSession session(
      Safetensors golden, int classes, Normalization normalization) {
    return new TrainingSession(network(golden, classes, normalization), 0.9, 5e-4, 4);
  }

  private static Network network(Safetensors golden, int classes, Normalization normalization) {
    return network(golden, classes, normalization, Device.cpu());
  }

  private static Network network(
      Safetensors golden, int classes, Normalization normalization, Device device) {
    TinyImageNet architecture = new TinyImageNet();
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    architecture
        .parameters(classes)
        .keySet()
        .forEach(name -> parameters.put(name, golden.tensor(name)));
    Safetensors weights =
        Safetensors.read(ByteBuffer.wrap(Safetensors.write(parameters, Map.of())));
    return Network.load(architecture, classes, normalization, weights, device);
  }

  private static Minibatch minibatch(Safetensors golden) {
    Tensor labels = golden.tensor("labels");
    long[] values = new long[labels.shape().get(0).intValue()];
    labels.data().asLongBuffer().get(values);
    return new Minibatch(golden.tensor("images").data(), values);
  }

  private static void trainAndAssertLosses(TrainingSession session, Safetensors golden) {
    Minibatch minibatch = minibatch(golden);
    float[] losses = golden.tensor("losses").floats();
    for (int step = 0; step < STEPS; step++) {
      double loss =
          session.train(minibatch, step < MILESTONE ? 0.01 : 0.001).lossSum() / minibatch.size();
      assertThat(loss).as("loss of step " + step).isCloseTo(losses[step], within(1e-5));
    }
  }

  private static void assertLogits(Network network, Safetensors golden, String name) {
    assertLogits(network, golden, name, 1e-5);
  }

  private static void assertLogits(
      Network network, Safetensors golden, String name, double precision) {
    Minibatch minibatch = minibatch(golden);
    float[][] found = network.logits(minibatch.images(), minibatch.size());
    float[] expected = golden.tensor(name).floats();
    int classes = found[0].length;
    for (int i = 0; i < expected.length; i++) {
      double allowed = Math.max(precision / 10, precision * Math.abs(expected[i]));
      assertThat((double) found[i / classes][i % classes])
          .as(name + " " + i)
          .isCloseTo(expected[i], within(allowed));
    }
  }

  private static void assertCloseToLargest(String name, float[] found, float[] expected) {
    assertThat(found).as(name).hasSameSizeAs(expected);
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < found.length; i++) {
      assertThat((double) found[i])
          .as(name + " " + i)
          .isCloseTo(expected[i], within(1e-4 * largest));
    }
  }
}
