package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Topics;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.run.TrainingEvent.Type;
import dev.millrace.testing.KafkaBroker;
import dev.millrace.testing.S3Server;
import dev.millrace.testing.ServiceProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the page is made of, over HTTP; the page itself is tested in a browser, in local-stack. */
class PageIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private static Path home;
  private static S3Server s3;
  private static KafkaBroker broker;
  private static ServiceProcess service;

  /** A client's connection and the lines that came over it. */
  private record Lines(List<String> lines, Stream<String> stream) implements AutoCloseable {
    static Lines open(ServiceProcess service, String lastEventId) throws Exception {
      HttpRequest.Builder request = events(service);
      if (lastEventId != null) {
        request.header("Last-Event-ID", lastEventId);
      }
      HttpResponse<Stream<String>> response =
          HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofLines());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("Content-Type")).contains("text/event-stream");
      Lines lines = new Lines(new CopyOnWriteArrayList<>(), response.body());
      Thread reader = new Thread(lines::read, "events");
      reader.setDaemon(true);
      reader.start();
      return lines;
    }

    private void read() {
      try {
        stream.forEach(lines::add);
      } catch (java.io.UncheckedIOException e) {
        lines.add("closed");
      }
    }

    void await(String line) {
      org.awaitility.Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(lines).anyMatch(l -> l.contains(line)));
    }

    String lastId() {
      return lines.stream()
          .filter(l -> l.startsWith("id:"))
          .reduce((a, b) -> b)
          .get()
          .substring("id:".length());
    }

    @Override
    public void close() {
      stream.close();
    }
  }

  @BeforeAll
  static void start() throws Exception {
    s3 = S3Server.start(Files.createDirectory(home.resolve("s3")), 0);
    broker = KafkaBroker.start(home, ServiceProcess.freePort());
    broker.createTopics(Topics.CHECKPOINTS, Topics.METRICS, Topics.DEAD_LETTERS);
    Checkpoints.saveBest(s3.store(), "run", 1, 10);
    s3.store()
        .putDocument(
            "run",
            "report/report.json",
            Json.bytes(Map.of("testAccuracy", .71)),
            "application/json");
    broker.send(Topics.METRICS, Json.bytes(event(1, 40)));
    service = launch("first");
    service.awaitStatus("/q/health/ready", 200);
    await().atMost(PATIENCE).until(() -> snapshot(service).path("progress").size() == 1);
  }

  private static ServiceProcess launch(String name, String... more) throws Exception {
    Map<String, String> settings = InferenceProcess.settings(s3.endpoint(), broker.address());
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    return InferenceProcess.launch(Path.of("target", "PageIT-" + name + ".log"), settings);
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
    broker.close();
    s3.close();
  }

  @Test
  void theSnapshotTellsOfTheRunAndOfWhatIsServed() throws Exception {
    JsonNode snapshot = snapshot(service);
    assertThat(snapshot.path("run").asText()).isEqualTo("run");
    assertThat(snapshot.at("/progress/0/epochs").asDouble()).isEqualTo(.4);
    assertThat(snapshot.at("/reload/state").asText()).isEqualTo("serving");
    assertThat(snapshot.at("/reload/serving/checkpoint").asText())
        .isEqualTo("epoch-0000000001-step-0000000010");
    assertThat(snapshot.at("/best/epoch").asInt()).isEqualTo(1);
    assertThat(snapshot.at("/report/0").asText()).isEqualTo("report.json");
  }

  @Test
  void anEventComesAtOnceAndAClientThatComesBackIsToldWhatItMissed() throws Exception {
    String known;
    try (Lines client = Lines.open(service, null)) {
      broker.send(Topics.METRICS, Json.bytes(event(2, 1)));
      client.await("event:training");
      known = client.lastId();
    }
    broker.send(Topics.METRICS, Json.bytes(event(2, 2)));
    await().atMost(PATIENCE).until(() -> snapshot(service).at("/latest/batch").asInt() == 2);
    try (Lines client = Lines.open(service, known)) {
      client.await("\"batch\":2");
      assertThat(client.lines()).noneMatch(line -> line.contains("\"batch\":1,"));
    }
  }

  @Test
  void aRestartedServiceTellsItsClientsToBeginAnewAndHasTheWholeCurve() throws Exception {
    int points = snapshot(service).path("progress").size();
    String known = snapshot(service).path("lastEventId").asText();
    try (ServiceProcess restarted = launch("restarted")) {
      restarted.awaitStatus("/q/health/live", 200);
      try (Lines client = Lines.open(restarted, known)) {
        client.await("event:reset");
      }
      await().atMost(PATIENCE).until(() -> snapshot(restarted).path("progress").size() >= points);
    }
  }

  @Test
  void nonsenseOnTheTopicIsPassedOver() throws Exception {
    for (String nonsense :
        List.of(
            "nonsense",
            "",
            "{}",
            "null",
            "[]",
            "{\"type\":\"PROGRESS\",\"run\":\"x\"}",
            "{\"type\":\"PROGRESS\",\"time\":\"2026-01-01T00:00:00Z\"}",
            "{\"run\":\"x\",\"time\":\"2026-01-01T00:00:00Z\"}",
            "{\"type\":\"TOMORROW\",\"run\":\"x\",\"time\":\"2046-01-01T00:00:00Z\"}")) {
      broker.send(Topics.METRICS, nonsense.getBytes());
      broker.send(Topics.CHECKPOINTS, nonsense.getBytes());
    }
    broker.send(Topics.METRICS, Json.bytes(event(3, 7)));
    await().atMost(PATIENCE).until(() -> snapshot(service).at("/latest/batch").asInt() == 7);
  }

  @Test
  void whatTheServicesWaitForIsToldUntilTheyGoOn() throws Exception {
    Instant since = Instant.parse("2026-03-04T12:03:04Z");
    try (Lines client = Lines.open(service, null)) {
      broker.send(
          Topics.METRICS, Json.bytes(TrainingEvent.waiting("trainer", "run", since, "records")));
      client.await("event:waiting");
      client.await("\"what\":\"records\"");
      JsonNode wait = snapshot(service).at("/waiting/0");
      assertThat(wait.path("service").asText()).isEqualTo("trainer");
      assertThat(wait.path("what").asText()).isEqualTo("records");
      assertThat(wait.path("since").asText()).isEqualTo("2026-03-04T12:03:04Z");
      broker.send(Topics.METRICS, Json.bytes(event(3, 8)));
      await().atMost(PATIENCE).until(() -> snapshot(service).path("waiting").isEmpty());
    }
  }

  @Test
  void ofASweepTheRunThatServesIsShownAndAFailedOneStaysVisible() throws Exception {
    Checkpoints.saveBest(s3.store(), "sweep-1", 1, 10);
    byte[] report = Json.bytes(Map.of("testAccuracy", .5));
    s3.store().putDocument("sweep-1", "report/report.json", report, "application/json");
    broker.send(Topics.METRICS, Json.bytes(ofRun("sweep-0", Type.FAILED)));
    broker.send(Topics.METRICS, Json.bytes(ofRun("sweep-1", Type.PROGRESS)));
    try (ServiceProcess sweep = launch("sweep", "MILLRACE_INFERENCE_RUN", "sweep-*")) {
      sweep.awaitStatus("/q/health/ready", 200);
      assertThat(snapshot(sweep).path("run").asText()).isEqualTo("sweep-1");
      assertThat(snapshot(sweep).at("/best/epoch").asInt()).isEqualTo(1);
      assertThat(snapshot(sweep).at("/report/0").asText()).isEqualTo("report.json");
      assertThat(sweep.get("/v1/run/report/report.json").body()).contains("0.5");
      String failed = "millrace_inference_run_failed{run=\"%s\"} %s";
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(sweep.get("/q/metrics").body())
                      .contains(
                          failed.formatted("sweep-0", "1"), failed.formatted("sweep-1", "0")));
      broker.send(Topics.METRICS, Json.bytes(ofRun("sweep-0", Type.PROGRESS)));
      await()
          .atMost(PATIENCE)
          .until(() -> sweep.get("/q/metrics").body().contains(failed.formatted("sweep-0", "0")));
      assertThat(sweep.get("/q/metrics").body())
          .contains(
              "millrace_inference_served{checkpoint=\"epoch-0000000001-step-0000000010\",run=\"sweep-1\"}"
                  + " 1");
    }
  }

  private static TrainingEvent ofRun(String run, Type type) {
    // Long ago, so that the other tests' run is the newest.
    Instant time = Instant.EPOCH.plusSeconds(1);
    return TrainingEvent.builder(type, run)
        .time(time)
        .epoch(1, 9)
        .step(1)
        .batch(1, 10)
        .training(1.0, .5)
        .message("why")
        .build();
  }

  private static HttpRequest.Builder events(ServiceProcess service) {
    return HttpRequest.newBuilder(
        URI.create("http://localhost:%d/v1/run/events".formatted(service.port())));
  }

  private static JsonNode snapshot(ServiceProcess service) throws Exception {
    HttpResponse<String> response = service.get("/v1/run");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private static TrainingEvent event(int epoch, int batch) {
    return TrainingEvent.builder(Type.PROGRESS, "run")
        .epoch(epoch, 12)
        .step(batch)
        .batch(batch, 100)
        .training(1.5, .5)
        .learningRate(.01)
        .speed(400, 60.0)
        .build();
  }
}
