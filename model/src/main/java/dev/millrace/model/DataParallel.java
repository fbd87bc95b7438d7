package dev.millrace.model;

import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.jni.JniUtils;
import dev.millrace.model.cpu.FusedNormPool;
import dev.millrace.protocol.stream.Minibatch;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Passes through a network on all cores of a CPU. The images are shared out in shards, and each
 * shard is computed from its first layer to its last by one thread, which others that have nothing
 * left to do help where that changes no bit ({@link FusedNormPool}). The engine's own way, all
 * threads in every operation, has them wait for one another some twenty times a pass: longest where
 * there is least to compute, or where another process takes a core away.
 *
 * <p>In training there is a thread for each shard, so more than cores: where another process or the
 * trainer's own other threads take a core for a moment, the kernel has enough left to spread over
 * all cores up to the step's end.
 */
public final class DataParallel {
  /** Fewer images of a prediction take a thread nearly as long. */
  private static final int SMALLEST_SHARD = 4;

  /** So that all cores have work until a pass is nearly done. */
  private static final int SHARDS_A_CORE = 2;

  /** Of the container, and no more than {@code OMP_NUM_THREADS} allows. */
  public static final int CORES =
      Math.min(Runtime.getRuntime().availableProcessors(), JniUtils.getNumThreads());

  private static final int MOST_SHARDS = SHARDS_A_CORE * CORES;

  /** A thread a shard, and none instead of one that waits for another. */
  private static final ForkJoinPool POOL =
      new ForkJoinPool(
          MOST_SHARDS,
          ForkJoinPool.defaultForkJoinWorkerThreadFactory,
          null,
          false,
          MOST_SHARDS,
          MOST_SHARDS,
          1,
          pool -> true,
          1,
          TimeUnit.MINUTES);

  private DataParallel() {}

  /** What is done with a shard. */
  @FunctionalInterface
  public interface Work {
    /**
     * @param shard from 0 on
     * @param first of its items
     * @param count of them
     */
    void accept(int shard, int first, int count);
  }

  private static int shards(Network network, int images, int cores) {
    if (cores == 1 || network.device().isGpu()) {
      return 1;
    }
    return Math.min((images + SMALLEST_SHARD - 1) / SMALLEST_SHARD, SHARDS_A_CORE * cores);
  }

  /**
   * Does the work of every shard of so many items, in any order, on two threads a core at most;
   * what the engine computes for them it computes on one thread each. The caller waits: it could
   * not take part in another's shard, as those do that have none left themselves. One shard alone
   * it does itself: handed over, it would wait for a thread to wake.
   *
   * @throws IllegalStateException if the work of one failed; no thread is at work then
   */
  public static void forEachShard(int items, int shards, Work work) {
    forEachShard(
        items,
        shards,
        work,
        MOST_SHARDS,
        shards == 1 ? Runnable::run : all -> POOL.invoke(ForkJoinTask.adapt(all)));
  }

  private static void forEachShard(
      int items, int shards, Work work, int threads, Consumer<Runnable> begin) {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Runnable untilNoneIsLeft =
        () -> {
          JniUtils.setNumThreads(1);
          try {
            int shard;
            while ((shard = next.getAndIncrement()) < shards) {
              int first = (int) ((long) shard * items / shards);
              int end = (int) ((shard + 1L) * items / shards);
              work.accept(shard, first, end - first);
            }
          } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
          }
        };
    begin.accept(() -> onThreads(Math.min(threads, shards), untilNoneIsLeft));
    if (failure.get() != null) {
      throw new IllegalStateException("a shard failed", failure.get());
    }
  }

  /**
   * Does the same so many times and returns when it is done: on the caller's thread and those of
   * its pool, or else of the common one, that have nothing else to do. What one of them throws is
   * thrown when all are done.
   */
  public static void onThreads(int threads, Runnable work) {
    if (threads == 1) {
      work.run();
    } else {
      // Not invokeAll: it throws while others are at work still.
      ForkJoinTask<?> own = ForkJoinTask.adapt(work);
      List<? extends ForkJoinTask<?>> helpers =
          Stream.generate(() -> ForkJoinTask.adapt(work).fork()).limit(threads - 1).toList();
      own.quietlyInvoke();
      helpers.forEach(ForkJoinTask::quietlyJoin);
      own.join();
      helpers.forEach(ForkJoinTask::join);
    }
  }

  /** As {@link #logits(Network, ByteBuffer, DataType, int, int)} where no core has other work. */
  public static float[][] logits(Network network, ByteBuffer images, DataType type, int count) {
    return logits(network, images, type, count, CORES);
  }

  /**
   * As {@link Network#logits(ByteBuffer, DataType, int)}, by shards, of which the caller's thread
   * computes its part: a pass is too short to be handed over.
   *
   * @param cores that have nothing else to do, the caller's included. Alone it computes all images
   *     at once, which takes less than shard by shard
   */
  public static float[][] logits(
      Network network, ByteBuffer images, DataType type, int count, int cores) {
    int imageBytes = type.getNumOfBytes() * Minibatch.IMAGE_BYTES;
    float[][] rows = new float[count][];
    forEachShard(
        count,
        shards(network, count, cores),
        (shard, first, size) -> {
          ByteBuffer pixels = images.slice(first * imageBytes, size * imageBytes);
          float[][] logits = network.logits(pixels.order(images.order()), type, size);
          System.arraycopy(logits, 0, rows, first, size);
        },
        cores,
        Runnable::run);
    return rows;
  }
}
