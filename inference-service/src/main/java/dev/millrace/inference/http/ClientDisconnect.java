package dev.millrace.inference.http;

import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CompletableFuture;

/** Work for a client that hung up is not done. */
public final class ClientDisconnect {
  private ClientDisconnect() {}

  /** Cancels the answer if the connection ends before it is given. */
  public static void cancelOn(CompletableFuture<?> answer, RoutingContext connection) {
    connection.addEndHandler(ended -> answer.cancel(false));
  }
}
