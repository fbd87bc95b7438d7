package dev.millrace.inference.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.inference.run.EventLog;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.sse.OutboundSseEvent;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.resteasy.reactive.server.jaxrs.SseImpl;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A connection whose framework asks for an event when the test says so. */
class EventStreamTest {
  private static final Duration WRITE_TIMEOUT = Duration.ofMillis(200);

  private final EventLog log = new EventLog("here", 3);
  private final Vertx vertx = Vertx.vertx();
  private final AtomicReference<AssertSubscriber<OutboundSseEvent>> framework =
      new AtomicReference<>();
  private int port;

  @BeforeEach
  void start() throws Exception {
    Router router = Router.router(vertx);
    router.get("/events").handler(this::open);
    HttpServer server = vertx.createHttpServer().requestHandler(router);
    port =
        server
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS)
            .actualPort();
  }

  private void open(RoutingContext connection) {
    connection.response().setChunked(true).write("begun");
    framework.set(
        new EventStream(connection, new SseImpl(), log, null, WRITE_TIMEOUT)
            .events()
            .subscribe()
            .withSubscriber(AssertSubscriber.create(2)));
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void aClientThatDoesNotTakeAnEventInTimeIsCutOff() throws Exception {
    try (Socket client = new Socket("127.0.0.1", port)) {
      client.setSoTimeout(10_000);
      client
          .getOutputStream()
          .write("GET /events HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      await().until(() -> framework.get() != null);
      log.append("training", "{}".getBytes(StandardCharsets.UTF_8));
      framework.get().awaitItems(2);
      assertThat(framework.get().getLastItem().getName()).isEqualTo("training");
      // Nothing more is asked for, as while the event is written to a client that does not read.
      String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).contains("begun").doesNotEndWith("0\r\n\r\n");
    }
  }
}
