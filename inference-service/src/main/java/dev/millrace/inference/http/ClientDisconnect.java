package dev.millrace.inference.http;

import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CompletableFuture;

/** Cancels the work for clients that disconnect. */
public final class ClientDisconnect {
  private ClientDisconnect() {}

  /** Cancels the answer if the connection ends before it is sent. */
  public static void cancelOn(CompletableFuture<?> answer, RoutingContext connection) {
    connection.addEndHandler(ended -> answer.cancel(false));
  }
}
