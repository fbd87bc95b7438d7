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
 * Runs passes through a network on all cores of a CPU. The images are divided into shards, and one
 * thread computes each shard from the first layer to the last. Threads that have no shard left help
 * with the shards of other threads where this does not change any bit of the result ({@link
 * FusedNormPool}). The engine's own parallelism runs every operation on all threads, so that
 * threads wait for each other about twenty times per pass. These waits are longest if there is
 * little to compute or if another process occupies a core.
 *
 * <p>Training uses one thread per shard and therefore more threads than cores. If another process
 * or another thread of the trainer occupies a core for a moment, the kernel still has enough
 * threads to keep all cores busy until the end of the step.
 */
public final class DataParallel {
  /** Number of images below which a shard of a prediction takes hardly any less time. */
  private static final int SMALLEST_SHARD = 4;

  /**
   * Number of shards per core; more than one, so that all cores have work until a pass is nearly
   * done.
   */
  private static final int SHARDS_A_CORE = 2;

  /** Number of cores of the container, at most {@code OMP_NUM_THREADS}. */
  public static final int CORES =
      Math.min(Runtime.getRuntime().availableProcessors(), JniUtils.getNumThreads());

  private static final int MOST_SHARDS = SHARDS_A_CORE * CORES;

  /**
   * Pool with one thread per shard. It starts no replacement for a thread that waits for another
   * one.
   */
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

  /** The computation of one shard. */
  @FunctionalInterface
  public interface Work {
    /**
     * Computes a shard.
     *
     * @param shard index of the shard, from 0
     * @param first index of the first item of the shard
     * @param count number of items in the shard
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
   * Runs the work for every shard and waits until all shards are done. The shards run in any order,
   * on at most two threads per core. The engine computes each operation of a shard on one thread.
   * The caller only waits: unlike a thread of the pool, it could not help with the shard of another
   * thread. If there is only one shard, the caller computes it, because a handover would cost the
   * time to wake a thread.
   *
   * @throws IllegalStateException if the work of a shard failed; no thread is working when it is
   *     thrown
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
   * Runs the work {@code threads} times and returns when all runs are done. The runs use the
   * caller's thread and idle threads of the caller's pool, or of the common pool if the caller
   * belongs to no pool. If a run throws an exception, it is thrown when all runs are done.
   */
  public static void onThreads(int threads, Runnable work) {
    if (threads == 1) {
      work.run();
    } else {
      // Not invokeAll, which throws while other threads are still working.
      ForkJoinTask<?> own = ForkJoinTask.adapt(work);
      List<? extends ForkJoinTask<?>> helpers =
          Stream.generate(() -> ForkJoinTask.adapt(work).fork()).limit(threads - 1).toList();
      own.quietlyInvoke();
      helpers.forEach(ForkJoinTask::quietlyJoin);
      own.join();
      helpers.forEach(ForkJoinTask::join);
    }
  }

  /**
   * Computes logits like {@link #logits(Network, ByteBuffer, DataType, int, int)}, on all cores.
   */
  public static float[][] logits(Network network, ByteBuffer images, DataType type, int count) {
    return logits(network, images, type, count, CORES);
  }

  /**
   * Computes logits like {@link Network#logits(ByteBuffer, DataType, int)}, divided into shards.
   * The caller's thread takes part, because a pass is too short to hand it over to other threads.
   *
   * @param cores number of idle cores, including the caller's. With one core, all images are
   *     computed in one pass, which takes less time than one pass per shard
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
