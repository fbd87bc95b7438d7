package dev.millrace.inference.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.inference.run.EventLog;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventStreamTest {
  private static final int CAPACITY = 1_000;
  private static final byte[] EVENT = ("\"" + "x".repeat(4_000) + "\"").getBytes();

  private final EventLog log = new EventLog("here", CAPACITY);
  private final Vertx vertx = Vertx.vertx();
  private final AtomicInteger closed = new AtomicInteger();
  private int port;

  @BeforeEach
  void start() throws Exception {
    Router router = Router.router(vertx);
    router
        .get("/events")
        .handler(
            context ->
                new EventStream(
                        context,
                        log,
                        context.request().getHeader("Last-Event-ID"),
                        closed::incrementAndGet)
                    .start());
    HttpServer server = vertx.createHttpServer().requestHandler(router);
    port =
        server
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS)
            .actualPort();
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void aClientThatDoesNotReadHoldsUpNobodyAndIsToldToBeginAnewWhenItReads() throws Exception {
    try (Socket slow = connect();
        Socket quick = connect()) {
      BufferedReader lines = reader(quick);
      awaitLine(lines, "retry: 1000");
      // Five times what the log holds, and much more than the network between the two buffers.
      for (int i = 0; i < 5 * CAPACITY; i++) {
        log.append("training", EVENT);
        if (i % 100 == 99) {
          awaitLine(lines, "id: " + log.lastId());
        }
      }
      BufferedReader late = reader(slow);
      awaitLine(late, "event: reset");
      log.append("reload", "{}".getBytes());
      awaitLine(late, "event: reload");
    }
    await().atMost(Duration.ofSeconds(10)).until(() -> closed.get() == 2);
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(64 << 10);
    socket.setSoTimeout(30_000);
    socket.connect(new InetSocketAddress("127.0.0.1", port));
    socket
        .getOutputStream()
        .write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  private static BufferedReader reader(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  private static void awaitLine(BufferedReader lines, String wanted) throws IOException {
    for (String line = lines.readLine(); !wanted.equals(line); line = lines.readLine()) {
      assertThat(line).as("the stream ended before '%s'", wanted).isNotNull();
    }
  }
}
