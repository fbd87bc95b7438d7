package dev.millrace.stack.progress;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.stack.home.Ports;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaitWatchTest {
  private static final Instant BEGIN = Instant.parse("2026-12-01T00:00:00Z");
  private static final String WHAT = "minibatch 6 of epoch 1 on millrace.minibatches.train";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private List<Wait> waits = List.of(new Wait("trainer", WHAT, BEGIN));
  private int asked;

  private WaitWatch watch(boolean terminal, int secondsLater) {
    return new WaitWatch(
        () -> {
          asked++;
          return waits;
        },
        new Console(new PrintStream(out, true), terminal),
        Clock.fixed(BEGIN.plusSeconds(secondsLater), ZoneOffset.UTC));
  }

  private String said() {
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void progressLineShowsTheWaitAndItsDuration() throws Exception {
    watch(true, 12).update(BEGIN);
    assertThat(said()).endsWith("trainer waits for " + WHAT + " (12 s)");
  }

  @Test
  void printsEachWaitOnceWithoutATerminal() throws Exception {
    WaitWatch watch = watch(false, 12);
    watch.update(BEGIN);
    watch.update(BEGIN);
    waits = List.of(waits.get(0), new Wait("ingest", "the broker", BEGIN.plusSeconds(4)));
    watch.update(BEGIN);
    watch.update(BEGIN);
    assertThat(said().lines())
        .containsExactly(
            "trainer waits for " + WHAT + " (12 s)", "ingest waits for the broker (8 s)");
  }

  @Test
  void progressEndsTheWait() throws Exception {
    WaitWatch watch = watch(false, 12);
    watch.update(BEGIN);
    watch.update(BEGIN.plusSeconds(8));
    assertThat(asked).as("what trains is not asked").isEqualTo(1);
    watch.update(BEGIN);
    assertThat(said().lines()).as("a new wait for the same").hasSize(2);
  }

  @Test
  void printsNothingWithoutWaits() throws Exception {
    waits = List.of();
    watch(true, 12).update(BEGIN);
    watch(false, 12).update(BEGIN);
    assertThat(said()).isEmpty();
  }

  @Test
  void parsesWaitsFromTheHealthCheck() throws Exception {
    byte[] body =
        """
        {"status":"DOWN","checks":[
          {"name":"trainer","status":"DOWN","data":{"state":"starting"}},
          {"name":"waits","status":"UP","data":{
            "the object store":"2026-12-01T00:00:07Z","other":"text",
            "%s":"2026-12-01T00:00:00Z"}}]}"""
            .formatted(WHAT)
            .getBytes(StandardCharsets.UTF_8);
    HttpServer server = HttpServer.create(new InetSocketAddress(Ports.HOST, 0), 1);
    server.createContext(
        "/q/health/ready",
        exchange -> {
          exchange.sendResponseHeaders(503, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      int port = server.getAddress().getPort();
      assertThat(new ServiceHealth().waits("trainer", port))
          .containsExactly(
              new Wait("trainer", WHAT, BEGIN),
              new Wait("trainer", "the object store", BEGIN.plusSeconds(7)));
    } finally {
      server.stop(0);
    }
  }

  @Test
  void healthWithoutWaitsHasNone() throws Exception {
    assertThat(ServiceHealth.waits("trainer", new ObjectMapper().readTree("{}"))).isEmpty();
    assertThat(new ServiceHealth().waits("trainer", 1)).as("nothing answers there").isEmpty();
  }
}
