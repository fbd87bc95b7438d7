package dev.millrace.model;

import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.jni.JniUtils;
import dev.millrace.protocol.Minibatch;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/**
 * Forward passes on all cores of a CPU. The images are shared out in groups, and each group is
 * computed from its pixels to its logits by one thread. The engine's own way, all threads in every
 * operation, has them wait for one another some twenty times a pass: longest where there is least
 * to compute, or where another process takes a core away.
 */
public final class DataParallel {
  /** Fewer images take a thread nearly as long. */
  private static final int SMALLEST_GROUP = 4;

  /** So that whoever is done first can take from whoever is not. */
  private static final int GROUPS_A_CORE = 2;

  private static final int CORES = Runtime.getRuntime().availableProcessors();

  private DataParallel() {}

  /**
   * As {@link Network#logits(ByteBuffer, DataType, int)}. What the engine computes for the threads
   * that take part, the caller's among them, it computes on one thread from then on.
   */
  public static float[][] logits(Network network, ByteBuffer images, DataType type, int count) {
    int most = (count + SMALLEST_GROUP - 1) / SMALLEST_GROUP;
    int groups = Math.min(most, CORES == 1 ? 1 : GROUPS_A_CORE * CORES);
    int imageBytes = type.getNumOfBytes() * Minibatch.IMAGE_BYTES;
    float[][] rows = new float[count][];
    AtomicInteger next = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    IntStream.range(0, Math.min(CORES, groups))
        .parallel()
        .forEach(
            worker -> {
              JniUtils.setNumThreads(1);
              try {
                int group;
                while ((group = next.getAndIncrement()) < groups) {
                  int first = group * count / groups;
                  int size = (group + 1) * count / groups - first;
                  ByteBuffer pixels = images.slice(first * imageBytes, size * imageBytes);
                  float[][] logits = network.logits(pixels.order(images.order()), type, size);
                  System.arraycopy(logits, 0, rows, first, size);
                }
              } catch (RuntimeException | Error e) {
                // Thrown when no thread is in the network any more, which may be closed then.
                failure.compareAndSet(null, e);
              }
            });
    if (failure.get() != null) {
      throw new IllegalStateException("a forward pass failed", failure.get());
    }
    return rows;
  }
}
