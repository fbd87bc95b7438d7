package dev.millrace.benchmarks.training;

import dev.millrace.benchmarks.machine.Machine;
import dev.millrace.model.Network;
import dev.millrace.model.TinyImageNet;
import dev.millrace.model.cpu.Shards;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.trainer.step.TrainingSession;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.stream.LongStream;

/** Measures the training step alone at one batch size, and prints images per second. */
public final class StepSpeed {
  private static final double WARM_UP_SECONDS = 8;
  private static final double SECONDS = 8;

  private StepSpeed() {}

  /**
   * Runs the measurement.
   *
   * @param arguments the batch size
   */
  public static void main(String[] arguments) {
    Minibatch minibatch = minibatch(Integer.parseInt(arguments[0]));
    try (TrainingSession session = session()) {
      perSecond(session, minibatch, WARM_UP_SECONDS);
      System.out.printf("%.1f%n", perSecond(session, minibatch, SECONDS));
    }
  }

  private static TrainingSession session() {
    return new TrainingSession(
        Network.initialize(
            new TinyImageNet(), 10, Normalization.CIFAR10, 0, Machine.device().device()),
        0.9,
        5e-4,
        2 * Shards.CORES);
  }

  /** Returns a minibatch of random pixels, with equally frequent classes. */
  public static Minibatch minibatch(int size) {
    byte[] pixels = new byte[size * Minibatch.IMAGE_BYTES];
    new Random(0).nextBytes(pixels);
    return new Minibatch(
        ByteBuffer.wrap(pixels), LongStream.range(0, size).map(i -> i % 10).toArray());
  }

  private static double perSecond(TrainingSession session, Minibatch minibatch, double seconds) {
    long begin = System.nanoTime();
    long images = 0;
    while (System.nanoTime() - begin < seconds * 1e9) {
      session.train(minibatch, 0.001);
      images += minibatch.size();
    }
    return images / ((System.nanoTime() - begin) / 1e9);
  }
}
