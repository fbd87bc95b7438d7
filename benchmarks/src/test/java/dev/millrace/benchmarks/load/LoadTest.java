package dev.millrace.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoadTest {
  private static final byte[] QUESTION = "what is it?".getBytes(StandardCharsets.UTF_8);
  private static final byte[] ANSWER = "a cat".getBytes(StandardCharsets.UTF_8);

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicInteger asked = new AtomicInteger();
  private HttpServer server;

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  private SocketClients clients(IntUnaryOperator status) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          assertThat(exchange.getRequestBody().readAllBytes()).isEqualTo(QUESTION);
          int code = status.applyAsInt(asked.incrementAndGet());
          exchange.sendResponseHeaders(code, ANSWER.length);
          exchange.getResponseBody().write(ANSWER);
          exchange.close();
        });
    server.start();
    int port = server.getAddress().getPort();
    return HttpPost.clients(port, "/", "text/plain", QUESTION);
  }

  @Test
  void everyAnswerIsCountedOnce() throws Exception {
    Load.Result result;
    try (SocketClients clients = clients(n -> 200)) {
      result = Load.run(4, 0, 0.5, clients::start);
    }

    assertThat(result.clients()).isEqualTo(4);
    assertThat(result.perSecond() * 0.5).isBetween(1.0, (double) asked.get());
    // Responses after the end are not counted: at most one per client.
    assertThat(asked.get() - result.perSecond() * 0.5).isBetween(-0.1, 4.1);
    assertThat(result.p50()).isPositive().isLessThanOrEqualTo(result.p99());
  }

  @Test
  void aRequestThatFailsFailsTheMeasurement() throws Exception {
    try (SocketClients clients = clients(n -> n < 10 ? 200 : 503)) {
      assertThatThrownBy(() -> Load.run(2, 0, 30, clients::start))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("503")
          .hasMessageContaining("a cat");
    }
  }
}
