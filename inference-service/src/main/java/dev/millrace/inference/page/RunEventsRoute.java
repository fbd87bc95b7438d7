package dev.millrace.inference.page;

import dev.millrace.inference.run.EventLog;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * {@code GET /v1/run/events}: server-sent events {@code training}, {@code checkpoint}, {@code
 * reload} and {@code reset}. A client that names its last event, by the header {@code
 * Last-Event-ID} or the parameter {@code after}, gets all later events or a {@code reset}.
 */
@Singleton
final class RunEventsRoute {
  static final int MAX_CLIENTS = 64;

  private final EventLog log;
  private final AtomicInteger clients = new AtomicInteger();

  RunEventsRoute(EventLog log) {
    this.log = log;
  }

  void register(@Observes Router router) {
    router.get("/v1/run/events").handler(this::open);
  }

  private void open(RoutingContext context) {
    if (clients.incrementAndGet() > MAX_CLIENTS) {
      clients.decrementAndGet();
      context
          .response()
          .setStatusCode(503)
          .putHeader(HttpHeaders.RETRY_AFTER, "10")
          .putHeader(HttpHeaders.CONTENT_TYPE, "application/problem+json")
          .end(
              "{\"type\":\"urn:millrace:problem:busy\",\"title\":\"Too many readers\","
                  + "\"status\":503,\"detail\":\"%d clients read events already\"}"
                      .formatted(MAX_CLIENTS));
      return;
    }
    String after = context.request().getHeader("Last-Event-ID");
    if (after == null) {
      after = context.request().getParam("after");
    }
    new EventStream(context, log, after, clients::decrementAndGet).start();
  }
}
