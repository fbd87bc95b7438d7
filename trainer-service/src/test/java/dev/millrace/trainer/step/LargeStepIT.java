package dev.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.millrace.model.Network;
import dev.millrace.model.TinyImageNet;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.stream.Minibatch;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Tests that a step of eight records of 128 images is the step of one minibatch of all 1,024. */
class LargeStepIT {
  private static final int RECORDS = 8;
  private static final int IMAGES = 128;
  private static final double TOLERANCE = 1e-5;

  @Test
  void eightRecordsTrainLikeOneMinibatch() {
    Minibatch all = minibatch();
    List<Minibatch> records =
        IntStream.range(0, RECORDS).mapToObj(i -> all.part(i * IMAGES, IMAGES)).toList();
    Map<String, float[]> whole = new LinkedHashMap<>();
    double loss = train(List.of(all), whole);
    Map<String, float[]> parts = new LinkedHashMap<>();
    assertThat(train(records, parts)).isCloseTo(loss, within(TOLERANCE * loss));
    assertThat(parts).hasSameSizeAs(whole);
    whole.forEach((name, weights) -> assertClose(name, parts.get(name), weights));
  }

  private static Minibatch minibatch() {
    byte[] pixels = new byte[RECORDS * IMAGES * Minibatch.IMAGE_BYTES];
    new Random(5).nextBytes(pixels);
    return new Minibatch(
        ByteBuffer.wrap(pixels), LongStream.range(0, RECORDS * IMAGES).map(i -> i % 10).toArray());
  }

  /** Trains three steps. Returns the sum of their losses. */
  private static double train(List<Minibatch> records, Map<String, float[]> weights) {
    Network network =
        Network.initialize(new TinyImageNet(), 10, Normalization.CIFAR10, 7, Device.cpu());
    try (TrainingSession session = new TrainingSession(network, 0.9, 5e-4, 4)) {
      double loss = 0;
      for (int step = 0; step < 3; step++) {
        loss += session.train(records, 0.05).lossSum();
      }
      for (Map.Entry<String, NDArray> parameter : network.parameters().entrySet()) {
        weights.put(parameter.getKey(), parameter.getValue().toFloatArray());
      }
      return loss;
    }
  }

  /** Compares with the largest magnitude of the tensor. */
  private static void assertClose(String name, float[] found, float[] expected) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(found[i] - expected[i]));
    }
    assertThat(difference / largest).as(name).isLessThan(TOLERANCE);
  }
}
