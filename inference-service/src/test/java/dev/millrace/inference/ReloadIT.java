package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.inference.serving.Checkpoints;
import dev.millrace.model.Checkpoint;
import dev.millrace.protocol.CheckpointEvent;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Topics;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** A process whose checkpoints, store and broker come and go. */
class ReloadIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RAW = "application/octet-stream";
  private static final String NO_KAFKA = "127.0.0.1:1";

  @TempDir private Path home;
  private S3Server s3;
  private ServiceProcess service;
  private String test;

  @BeforeEach
  void startStore(TestInfo info) throws Exception {
    test = info.getTestMethod().orElseThrow().getName();
    s3 = S3Server.start(Files.createDirectory(home.resolve("s3")), 0);
  }

  @AfterEach
  void stop() throws Exception {
    if (service != null) {
      service.close();
    }
    s3.close();
  }

  private void launch(Map<String, String> settings) throws Exception {
    service = ServiceProcess.launch(Path.of("target", "ReloadIT-" + test + ".log"), settings);
  }

  @Test
  void aBetterCheckpointTakesOverUnderLoadAndNoRequestIsDropped() throws Exception {
    launch(ServiceProcess.settings(s3.endpoint(), NO_KAFKA));
    service.awaitStatus("/q/health/live", 200);
    assertThat(service.get("/q/health/ready").statusCode()).isEqualTo(503);
    byte[] pixels = Checkpoints.pixels(4);
    HttpResponse<String> early = service.post("/v1/predict", RAW, pixels);
    assertThat(early.statusCode()).isEqualTo(503);
    assertThat(early.headers().firstValue("Retry-After")).isPresent();
    assertThat(early.body()).contains("urn:millrace:problem:no-model");

    Checkpoint first = Checkpoints.saveBest(s3.store(), "run", 1, 10);
    service.awaitStatus("/q/health/ready", 200);
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<List<JsonNode>> client =
        CompletableFuture.supplyAsync(() -> predictUntil(stop, pixels));
    Checkpoint second = Checkpoints.saveBest(s3.store(), "run", 2, 20);
    awaitServed(second.manifest().id());
    stop.set(true);

    List<Double> expectedFirst = Checkpoints.probabilities(first, pixels);
    List<Double> expectedSecond = Checkpoints.probabilities(second, pixels);
    List<JsonNode> answers = client.get();
    assertThat(answers).extracting(answer -> answer.path("epoch").asInt()).contains(1, 2);
    for (JsonNode answer : answers) {
      List<Double> expected = answer.path("epoch").asInt() == 1 ? expectedFirst : expectedSecond;
      JsonNode top = answer.at("/predictions/0");
      assertThat(top.path("probability").asDouble())
          .isCloseTo(expected.get(top.path("index").asInt()), within(1e-5));
    }
  }

  @Test
  void aCorruptCheckpointIsRefusedVisiblyAndTheOldOneServesOn() throws Exception {
    Checkpoint good = Checkpoints.saveBest(s3.store(), "run", 1, 10);
    launch(ServiceProcess.settings(s3.endpoint(), NO_KAFKA));
    service.awaitStatus("/q/health/ready", 200);
    Checkpoint bad = Checkpoints.of("run", 2, 20);
    byte[] weights = bad.weights().clone();
    weights[weights.length - 1] ^= 1;
    s3.store().save(new Checkpoint(bad.manifest(), weights, bad.optimizer()));
    Checkpoints.pointBestAt(s3.store(), bad.manifest());

    await().until(() -> service.get("/v1/checkpoints").body().contains("refused"));
    JsonNode list = JSON.readTree(service.get("/v1/checkpoints").body()).path("checkpoints");
    assertThat(list).hasSize(2);
    assertThat(list.at("/0/id").asText()).isEqualTo(good.manifest().id());
    assertThat(list.at("/0/state").asText()).isEqualTo("serving");
    assertThat(list.at("/1/state").asText()).isEqualTo("refused");
    assertThat(list.at("/1/reason").asText()).contains("SHA-256");
    assertThat(service.get("/q/health/ready").body())
        .contains("\"UP\"", "\"refused\"", bad.manifest().id());
    assertThat(served()).isEqualTo(good.manifest().id());
  }

  @Test
  void withS3AwayItStaysReadyAndTakesTheNextCheckpointWhenItIsBack() throws Exception {
    Checkpoint first = Checkpoints.saveBest(s3.store(), "run", 1, 10);
    launch(ServiceProcess.settings(s3.endpoint(), NO_KAFKA));
    service.awaitStatus("/q/health/ready", 200);
    int port = s3.port();
    s3.close();

    await().until(() -> !service.get("/q/health/ready").body().contains("\"answers\""));
    assertThat(service.get("/q/health/ready").statusCode()).isEqualTo(200);
    assertThat(served()).isEqualTo(first.manifest().id());
    JsonNode list = JSON.readTree(service.get("/v1/checkpoints").body());
    assertThat(list.path("checkpoints")).hasSize(1);
    assertThat(list.path("note").asText()).isNotEmpty();

    s3 = S3Server.start(home.resolve("s3"), port);
    Checkpoint second = Checkpoints.saveBest(s3.store(), "run", 2, 20);
    awaitServed(second.manifest().id());
  }

  @Test
  void withS3AwayAtTheStartItWaits() throws Exception {
    int port = s3.port();
    s3.close();
    Map<String, String> settings = ServiceProcess.settings("http://127.0.0.1:" + port, NO_KAFKA);
    settings.put("MILLRACE_INFERENCE_RUN", "run");
    launch(settings);
    service.awaitStatus("/q/health/live", 200);
    await().until(() -> service.get("/q/health/ready").body().contains("127.0.0.1:" + port));
    assertThat(service.get("/q/health/ready").statusCode()).isEqualTo(503);

    s3 = S3Server.start(home.resolve("s3"), port);
    Checkpoints.saveBest(s3.store(), "run", 1, 10);
    service.awaitStatus("/q/health/ready", 200);
  }

  @Test
  void anEventIsTakenAtOnceAndAKilledBrokerIsOnlyToldOf() throws Exception {
    try (KafkaBroker broker = KafkaBroker.start(home, ServiceProcess.freePort())) {
      broker.createTopics(Topics.CHECKPOINTS, Topics.DEAD_LETTERS);
      Checkpoints.saveBest(s3.store(), "run", 1, 10);
      Map<String, String> settings = ServiceProcess.settings(s3.endpoint(), broker.address());
      settings.put("MILLRACE_INFERENCE_POLL_SECONDS", "3600");
      launch(settings);
      service.awaitStatus("/q/health/ready", 200);
      await().until(() -> service.get("/q/health/ready").body().contains("\"connected\""));
      Checkpoint second = Checkpoints.saveBest(s3.store(), "run", 2, 20);

      byte[] nonsense = "not an event".getBytes();
      broker.send(Topics.CHECKPOINTS, nonsense);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                broker.send(Topics.CHECKPOINTS, event(second));
                return served().equals(second.manifest().id());
              });
      broker.send(Topics.CHECKPOINTS, nonsense);
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(broker.values(Topics.DEAD_LETTERS)).contains(nonsense));

      broker.close();
      await().until(() -> service.get("/q/health/ready").body().contains("away; S3 is asked"));
      assertThat(service.get("/q/health/ready").statusCode()).isEqualTo(200);
      assertThat(served()).isEqualTo(second.manifest().id());
    }
  }

  private static byte[] event(Checkpoint checkpoint) {
    return Json.bytes(
        new CheckpointEvent(
            CheckpointEvent.SCHEMA,
            CheckpointEvent.Type.BEST,
            checkpoint.manifest().run(),
            checkpoint.manifest().id(),
            checkpoint.manifest().epoch(),
            checkpoint.manifest().step(),
            .5,
            Instant.now()));
  }

  private List<JsonNode> predictUntil(AtomicBoolean stop, byte[] pixels) {
    List<JsonNode> answers = new ArrayList<>();
    try {
      while (!stop.get()) {
        HttpResponse<String> response = service.post("/v1/predict", RAW, pixels);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        answers.add(JSON.readTree(response.body()));
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return answers;
  }

  private void awaitServed(String id) {
    await().atMost(Duration.ofSeconds(30)).until(() -> served().equals(id));
  }

  private String served() throws Exception {
    HttpResponse<String> response = service.post("/v1/predict", RAW, Checkpoints.pixels(1));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body()).path("checkpoint").asText();
  }
}
