package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import dev.millrace.model.cpu.Shards;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.stream.Minibatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DataParallelTest {
  private static final int MOST = 67;

  /** A count that takes a thread many times as long as throwing a failure. */
  private static final long COUNT_TO = 50_000_000;

  private final Network network =
      Network.initialize(new TinyImageNet(), 10, Normalization.CIFAR10, 1, Device.cpu());
  private final byte[] pixels = new byte[MOST * Minibatch.IMAGE_BYTES];

  DataParallelTest() {
    new Random(2).nextBytes(pixels);
  }

  @AfterEach
  void close() {
    network.close();
  }

  private ByteBuffer bytes(int first, int count) {
    return ByteBuffer.allocateDirect(count * Minibatch.IMAGE_BYTES)
        .put(pixels, first * Minibatch.IMAGE_BYTES, count * Minibatch.IMAGE_BYTES)
        .flip();
  }

  private ByteBuffer floats(int count) {
    ByteBuffer floats =
        ByteBuffer.allocateDirect(count * Minibatch.IMAGE_BYTES * Float.BYTES)
            .order(ByteOrder.nativeOrder());
    for (int i = 0; i < count * Minibatch.IMAGE_BYTES; i++) {
      floats.putFloat(pixels[i] & 255);
    }
    return floats.flip();
  }

  @Test
  void logitsOfAnImageDoNotDependOnOtherImages() {
    float[][] alone = new float[MOST][];
    for (int i = 0; i < MOST; i++) {
      alone[i] = network.logits(bytes(i, 1), 1)[0];
    }
    for (int count : new int[] {1, 2, 4, 5, 8, 9, 17, 33, 64, MOST}) {
      assertSame(DataParallel.logits(network, bytes(0, count), DataType.UINT8, count), alone);
    }
    assertSame(DataParallel.logits(network, floats(MOST), DataType.FLOAT32, MOST), alone);
  }

  private static void assertSame(float[][] found, float[][] expected) {
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).hasSameSizeAs(expected[i]);
      for (int j = 0; j < found[i].length; j++) {
        assertThat(Math.abs(found[i][j] - expected[i][j])).as("image " + i).isLessThan(1e-5f);
      }
    }
  }

  @Test
  void failureOfAShardFailsThePass() {
    assertThatThrownBy(() -> DataParallel.logits(network, bytes(0, MOST - 1), DataType.UINT8, MOST))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a shard failed")
        .hasCauseInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void idleThreadsHelpWithTheShardsOfOthers() {
    assumeThat(Shards.CORES).as("cores").isGreaterThan(1);
    CountDownLatch both = new CountDownLatch(2);
    Shards.forEachShard(
        2,
        2,
        (shard, first, count) -> {
          if (shard == 1) {
            Shards.onThreads(2, () -> meet(both));
          }
        });
    assertThat(both.getCount()).isZero();
  }

  @Test
  void throwsAFailureAfterAllThreadsHaveStopped() {
    assumeThat(Shards.CORES).as("cores").isGreaterThan(1);
    Thread caller = Thread.currentThread();
    CountDownLatch both = new CountDownLatch(2);
    AtomicLong counted = new AtomicLong();
    assertThatThrownBy(
            () ->
                Shards.onThreads(
                    2,
                    () -> {
                      meet(both);
                      if (Thread.currentThread() == caller) {
                        throw new IllegalStateException("the caller's part failed");
                      }
                      while (counted.get() < COUNT_TO) {
                        counted.incrementAndGet();
                      }
                    }))
        .hasStackTraceContaining("the caller's part failed");
    assertThat(counted).hasValue(COUNT_TO);
  }

  private static void meet(CountDownLatch both) {
    both.countDown();
    try {
      assertThat(both.await(30, TimeUnit.SECONDS)).as("another thread came").isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
