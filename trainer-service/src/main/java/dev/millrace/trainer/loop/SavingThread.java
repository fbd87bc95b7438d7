package dev.millrace.trainer.loop;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Saves one checkpoint at a time beside the steps that follow it. The training thread alone uses
 * it.
 */
final class SavingThread implements AutoCloseable {
  private static final Future<?> NOTHING = CompletableFuture.completedFuture(null);

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(work -> new Thread(work, "checkpoints"));
  private Future<?> saving = NOTHING;

  /** To be called when nothing is being saved. */
  void begin(Runnable save) {
    saving = thread.submit(save);
  }

  /** Throws what the last save failed with, if it has, without waiting for it. */
  void requireNoFailure() {
    if (saving.isDone()) {
      await();
    }
  }

  /**
   * Waits for the save that was begun, and throws, once, what it failed with. An interrupt ends
   * both.
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

  /** As {@link #await}; nothing can be saved from then on. */
  @Override
  public void close() {
    try {
      await();
    } finally {
      thread.shutdown();
    }
  }
}
