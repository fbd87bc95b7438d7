package dev.millrace.inference.http;

import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Decides which thread does a request's work. Long work must not run on an event loop. */
public enum Offload {
  /** Runs the work at once on the calling thread, which saves two changes of threads. */
  EVENT_LOOP,
  /** Runs the work on a worker thread. */
  WORKER;

  /**
   * Runs the work on this kind of thread.
   *
   * @return the work's result or its failure
   */
  public <T> CompletionStage<T> run(RoutingContext connection, Callable<T> work) {
    if (this == WORKER) {
      return connection.vertx().executeBlocking(work, false).toCompletionStage();
    }
    try {
      return CompletableFuture.completedFuture(work.call());
    } catch (Exception e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
