package dev.millrace.inference.page;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.inference.StoredCheckpoint;
import dev.millrace.inference.run.EventLog;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code GET /v1/run/events} over connections whose buffers are known. */
@QuarkusTest
@WithTestResource(StoredCheckpoint.class)
class RunEventsIT {
  private static final int EVENTS = 5_000;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final byte[] EVENT = ("\"" + "x".repeat(4_000) + "\"").getBytes(UTF_8);

  @TestHTTPResource URI service;

  @Inject EventLog log;

  @Test
  void anEventHasItsIdTypeAndData() throws Exception {
    String known = log.lastId();
    log.append("training", "{\"a\":\"ä\"}".getBytes(UTF_8));
    try (Client client = new Client("Last-Event-ID: " + known)) {
      assertThat(client.head())
          .contains("Content-Type: text/event-stream", "Cache-Control: no-store");
      List<String> lines = client.await("data:{\"a\":\"ä\"}");
      assertThat(lines).contains("retry:1000");
      assertThat(lines.get(lines.size() - 2)).isEqualTo("event:training");
      assertThat(lines.get(lines.size() - 3)).startsWith("id:").isNotEqualTo("id:" + known);
    }
  }

  @Test
  void aClientThatDoesNotReadHoldsUpNobodyAndIsToldToBeginAnewWhenItReads() throws Exception {
    try (Client slow = new Client();
        Client quick = new Client()) {
      slow.await("retry:1000");
      quick.await("retry:1000");
      // Five times what the log holds, and much more than the network between the two buffers.
      for (int i = 0; i < EVENTS; i++) {
        log.append("training", EVENT);
        if (i % 100 == 99) {
          quick.await("id:" + log.lastId());
        }
      }
      slow.await("event:reset");
      log.append("checkpoint", "{}".getBytes(UTF_8));
      slow.await("event:checkpoint");
    }
  }

  @Test
  void clientsAreBoundedAndAPlaceIsFreeAgainWhenOneLeaves() throws Exception {
    List<Client> clients = new ArrayList<>();
    try {
      for (Client next = new Client(); next.isTaken(); next = new Client()) {
        clients.add(next);
        assertThat(clients).hasSizeLessThanOrEqualTo(RunEventsResource.MAX_CLIENTS);
      }
      try (Client refused = new Client()) {
        assertThat(refused.head())
            .contains("HTTP/1.1 503", "Retry-After: 10", "application/problem+json");
      }
      clients.remove(0).close();
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                try (Client next = new Client()) {
                  return next.isTaken();
                }
              });
    } finally {
      for (Client client : clients) {
        client.close();
      }
    }
  }

  private final class Client implements AutoCloseable {
    private final Socket socket = new Socket();
    private final BufferedReader lines;
    private final String head;

    Client(String... headers) throws IOException {
      socket.setReceiveBufferSize(64 << 10);
      socket.setSoTimeout(30_000);
      socket.connect(new InetSocketAddress(service.getHost(), service.getPort()));
      String request =
          "GET /v1/run/events HTTP/1.1\r\nHost: localhost\r\n"
              + String.join("\r\n", headers)
              + (headers.length == 0 ? "\r\n" : "\r\n\r\n");
      socket.getOutputStream().write(request.getBytes(UTF_8));
      lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      StringBuilder read = new StringBuilder();
      for (String line = lines.readLine(); !"".equals(line); line = lines.readLine()) {
        read.append(line).append('\n');
      }
      head = read.toString();
    }

    String head() {
      return head;
    }

    boolean isTaken() {
      return head.startsWith("HTTP/1.1 200");
    }

    /** Returns the lines up to the wanted one. Heartbeats do not prolong the wait. */
    List<String> await(String wanted) throws IOException {
      long end = System.nanoTime() + PATIENCE.toNanos();
      List<String> read = new ArrayList<>();
      for (String last = null; !wanted.equals(last); ) {
        last = lines.readLine();
        assertThat(last).as("the stream ended before '%s'", wanted).isNotNull();
        assertThat(System.nanoTime()).as("'%s' did not come", wanted).isLessThan(end);
        read.add(last);
      }
      return read;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
