package dev.millrace.model.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import dev.millrace.model.PyTorch;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Compares the fused form with the engine's operations and autograd. */
class FusedNormPoolTest {
  private static final Shape SHAPE = new Shape(5, 11, 10, 9);

  /** The output of the block and the gradient of its input. */
  private record Passes(float[] values, float[] gradient) {}

  private static Passes run(float[] input, boolean fused, int threads) {
    try (NDManager manager = PyTorch.newManager(Device.cpu());
        Tape tape = Tape.record()) {
      int channels = (int) SHAPE.get(1);
      LocalResponseNorm norm = new LocalResponseNorm(manager, channels);
      NormPool block =
          fused
              ? new FusedNormPool(threads)
              : (x, t) -> NormPool.pool(norm.forward(Activation.relu(x)));
      NDArray leaf = manager.create(input, SHAPE).duplicate();
      leaf.setRequiresGradient(true);
      NDArray x = leaf.mul(manager.ones(SHAPE));
      NDArray pooled = block.forward(x, tape);
      NDArray weights = manager.create(random(7, (int) pooled.size()), pooled.getShape());
      tape.backward(pooled.mul(weights).sum(), 1);
      return new Passes(pooled.toFloatArray(), leaf.getGradient().toFloatArray());
    }
  }

  private static float[] random(long seed, int size) {
    Random random = new Random(seed);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = 20 * (float) random.nextGaussian();
    }
    return values;
  }

  @Test
  void agreesWithTheEngineForwardAndBackward() {
    assertSame(random(1, (int) SHAPE.size()));
  }

  @Test
  void gradientGoesToTheFirstOfEqualValuesAsInTheEngine() {
    float[] input = random(2, (int) SHAPE.size());
    for (int i = 0; i < input.length; i++) {
      // Few different values give ties in nearly every window, and windows that are all zero.
      input[i] = Math.round(input[i] / 25) * 25f;
    }
    assertSame(input);
  }

  private static void assertSame(float[] input) {
    Passes fused = run(input, true, 2);
    Passes engine = run(input, false, 1);
    assertClose(fused.values(), engine.values());
    assertClose(fused.gradient(), engine.gradient());
  }

  private static void assertClose(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(largest).isPositive();
    for (int i = 0; i < found.length; i++) {
      assertThat(Math.abs(found[i] - expected[i])).as("element " + i).isLessThan(1e-6f * largest);
    }
  }

  @Test
  void bitsDoNotDependOnTheNumberOfThreads() {
    float[] input = random(3, (int) SHAPE.size());
    Passes one = run(input, true, 1);
    for (int threads = 2; threads <= 8; threads++) {
      Passes many = run(input, true, threads);
      assertThat(Arrays.equals(many.values(), one.values())).isTrue();
      assertThat(Arrays.equals(many.gradient(), one.gradient())).isTrue();
    }
  }

  @Test
  void valuesAreEqualWithAndWithoutRecording() {
    float[] input = random(4, (int) SHAPE.size());
    float[] recorded = run(input, true, 2).values();
    try (NDManager manager = PyTorch.newManager(Device.cpu())) {
      NDArray x = manager.create(input, SHAPE).duplicate();
      NDArray pooled = new FusedNormPool(2).forward(x, Tape.off());
      assertThat(pooled.toFloatArray()).isEqualTo(recorded);
      assertThat(pooled.hasGradient()).isFalse();
    }
  }

  @Test
  void keepsNanValues() {
    float[] input = random(5, (int) SHAPE.size());
    Arrays.fill(input, 0, (int) SHAPE.slice(1).size(), Float.NaN);
    float[] values = run(input, true, 2).values();
    assertThat(values[0]).isNaN();
    assertThat(values[values.length - 1]).isNotNaN();
    // The scratch memory of a thread must keep none of these values.
    try (NDManager manager = PyTorch.newManager(Device.cpu())) {
      FusedNormPool block = new FusedNormPool(1);
      block.forward(manager.create(input, SHAPE).duplicate(), Tape.off());
      NDArray x = manager.create(random(4, (int) SHAPE.size()), SHAPE).duplicate();
      assertThat(block.forward(x, Tape.off()).toFloatArray())
          .isEqualTo(run(random(4, (int) SHAPE.size()), true, 1).values());
    }
  }
}
