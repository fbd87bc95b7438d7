package dev.millrace.benchmarks.training;

import dev.millrace.benchmarks.machine.Machine;
import dev.millrace.model.Architecture;
import dev.millrace.model.Network;
import dev.millrace.model.cpu.Shards;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.trainer.step.TrainingSession;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.stream.LongStream;

/** What the measurements of single steps train, and on what. */
final class Sessions {
  private static final int CLASSES = 10;

  private Sessions() {}

  static TrainingSession session(Architecture architecture) {
    return new TrainingSession(
        Network.initialize(
            architecture, CLASSES, Normalization.CIFAR10, 0, Machine.device().device()),
        0.9,
        5e-4,
        2 * Shards.CORES);
  }

  /** Returns a minibatch of random pixels, with equally frequent classes. */
  static Minibatch minibatch(int size) {
    byte[] pixels = new byte[size * Minibatch.IMAGE_BYTES];
    new Random(0).nextBytes(pixels);
    return new Minibatch(
        ByteBuffer.wrap(pixels), LongStream.range(0, size).map(i -> i % CLASSES).toArray());
  }
}
