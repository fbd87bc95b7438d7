package dev.millrace.inference.http;

import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Work that would hold up an event loop is done by a worker thread. What is little is done at once,
 * which saves two changes of threads.
 */
public final class Offload {
  private Offload() {}

  /**
   * @param little whether the work may be done by the calling thread
   * @return the work's result or its failure
   */
  public static <T> CompletionStage<T> unless(
      boolean little, RoutingContext connection, Callable<T> work) {
    if (!little) {
      return connection.vertx().executeBlocking(work, false).toCompletionStage();
    }
    try {
      return CompletableFuture.completedFuture(work.call());
    } catch (Exception e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
