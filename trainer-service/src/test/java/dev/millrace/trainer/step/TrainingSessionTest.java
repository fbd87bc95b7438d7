package dev.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.millrace.model.Network;
import dev.millrace.model.TinyImageNet;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.stream.Minibatch;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Tests that the division of a minibatch into shards affects nothing but the duration. */
class TrainingSessionTest {
  /** A number of images that is not a multiple of any number of shards. */
  private static final int IMAGES = 37;

  private final Minibatch minibatch;

  TrainingSessionTest() {
    byte[] pixels = new byte[IMAGES * Minibatch.IMAGE_BYTES];
    new Random(5).nextBytes(pixels);
    minibatch =
        new Minibatch(
            ByteBuffer.wrap(pixels), LongStream.range(0, IMAGES).map(i -> i % 10).toArray());
  }

  private static TrainingSession session(double momentum, double weightDecay) {
    return new TrainingSession(
        Network.initialize(new TinyImageNet(), 10, Normalization.CIFAR10, 7, Device.cpu()),
        momentum,
        weightDecay,
        4);
  }

  @Test
  void gradientIsTheMeanOverTheImages() {
    Map<String, float[]> sum = new LinkedHashMap<>();
    double lossSum = 0;
    for (int i = 0; i < IMAGES; i++) {
      Map<String, float[]> one = new LinkedHashMap<>();
      lossSum += gradient(minibatch.part(i, 1), one).lossSum();
      one.forEach((name, gradient) -> sum.merge(name, gradient, TrainingSessionTest::plus));
    }
    Map<String, float[]> whole = new LinkedHashMap<>();
    TrainingSession.Result result = gradient(minibatch, whole);
    assertThat(result.images()).isEqualTo(IMAGES);
    assertThat(result.lossSum()).isCloseTo(lossSum, within(1e-4));
    whole.forEach((name, gradient) -> assertIsMean(name, gradient, sum.get(name)));
  }

  /**
   * Computes the gradient: with lr 1, no momentum and no decay, a step subtracts exactly the
   * gradient.
   */
  private static TrainingSession.Result gradient(Minibatch images, Map<String, float[]> gradient) {
    try (TrainingSession session = session(0, 0)) {
      Map<String, float[]> before = new LinkedHashMap<>();
      session.network().parameters().forEach((name, p) -> before.put(name, p.toFloatArray()));
      TrainingSession.Result result = session.train(images, 1);
      session
          .network()
          .parameters()
          .forEach(
              (name, after) -> gradient.put(name, minus(before.get(name), after.toFloatArray())));
      return result;
    }
  }

  private static float[] plus(float[] a, float[] b) {
    for (int i = 0; i < a.length; i++) {
      a[i] += b[i];
    }
    return a;
  }

  private static float[] minus(float[] a, float[] b) {
    for (int i = 0; i < a.length; i++) {
      a[i] -= b[i];
    }
    return a;
  }

  private static void assertIsMean(String name, float[] found, float[] sum) {
    for (int i = 0; i < found.length; i++) {
      // Each value is the rounded difference of two weights below 1.
      assertThat(Math.abs(found[i] - sum[i] / IMAGES)).as(name + " " + i).isLessThan(1e-6f);
    }
  }

  @Test
  void equalStepsGiveEqualBits() {
    try (TrainingSession one = session(0.9, 5e-4);
        TrainingSession other = session(0.9, 5e-4)) {
      for (int step = 0; step < 5; step++) {
        assertThat(one.train(minibatch, 0.05)).isEqualTo(other.train(minibatch, 0.05));
      }
      assertThat(one.network().weights()).isEqualTo(other.network().weights());
      assertThat(one.optimizerState()).isEqualTo(other.optimizerState());
    }
  }
}
