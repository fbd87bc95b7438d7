package dev.millrace.trainer.loop;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Saves one checkpoint at a time, in parallel with the next steps. Only the training thread uses
 * this class.
 */
final class SavingThread implements AutoCloseable {
  private static final Future<?> NOTHING = CompletableFuture.completedFuture(null);

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(work -> new Thread(work, "checkpoints"));
  private Future<?> saving = NOTHING;

  /** Begins a save. No other save may be in progress. */
  void begin(Runnable save) {
    saving = thread.submit(save);
  }

  /** Throws the exception of the last save if it has failed. Does not wait for the save. */
  void requireNoFailure() {
    if (saving.isDone()) {
      await();
    }
  }

  /**
   * Waits for the current save and throws, once, its exception if it failed. An interrupt ends both
   * the wait and the save.
   */
  void await() {
    Future<?> begun = saving;
    saving = NOTHING;
    try {
      begun.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) e.getCause(); // a Runnable throws nothing else
    } catch (InterruptedException e) {
      thread.shutdownNow();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a checkpoint was being saved", e);
    }
  }

  /** Waits like {@link #await}; afterwards nothing can be saved. */
  @Override
  public void close() {
    try {
      await();
    } finally {
      thread.shutdown();
    }
  }
}
