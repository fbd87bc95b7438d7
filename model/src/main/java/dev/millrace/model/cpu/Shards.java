package dev.millrace.model.cpu;

import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Divides work into shards and runs them on all cores of a CPU. One thread computes each shard from
 * the first layer to the last. Threads that have no shard left help with the shards of other
 * threads where this does not change any bit of the result ({@link FusedNormPool}). The engine's
 * own parallelism runs every operation on all threads, so that threads wait for each other about
 * twenty times per pass. These waits are longest if there is little to compute or if another
 * process occupies a core.
 *
 * <p>Training uses one thread per shard, but at most two threads per core. With more threads than
 * cores, the kernel has enough threads to keep all cores busy until the end of the step, even if
 * another process or another thread of the trainer occupies a core for a moment.
 */
public final class Shards {
  /**
   * Maximum number of threads per core; more than one, so that all cores have work until a pass is
   * nearly done.
   */
  public static final int THREADS_PER_CORE = 2;

  /** Number of cores of the container, at most {@code OMP_NUM_THREADS}. */
  public static final int CORES =
      Math.min(Runtime.getRuntime().availableProcessors(), JniUtils.getNumThreads());

  private static final int MAX_THREADS = THREADS_PER_CORE * CORES;

  /**
   * Pool of the threads that compute shards. It starts no replacement for a thread that waits for
   * another one.
   */
  private static final ForkJoinPool POOL =
      new ForkJoinPool(
          MAX_THREADS,
          ForkJoinPool.defaultForkJoinWorkerThreadFactory,
          null,
          false,
          MAX_THREADS,
          MAX_THREADS,
          1,
          pool -> true,
          1,
          TimeUnit.MINUTES);

  private Shards() {}

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
        MAX_THREADS,
        shards == 1 ? Runnable::run : all -> POOL.invoke(ForkJoinTask.adapt(all)));
  }

  /**
   * Runs the work for every shard like {@link #forEachShard}, but the caller's thread takes part.
   *
   * @param threads maximum number of threads, including the caller's
   */
  public static void forEachShardHere(int items, int shards, int threads, Work work) {
    forEachShard(items, shards, work, threads, Runnable::run);
  }

  private static void forEachShard(
      int items, int shards, Work work, int threads, Consumer<Runnable> begin) {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Runnable takeShards =
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
    begin.accept(() -> onThreads(Math.min(threads, shards), takeShards));
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
}
