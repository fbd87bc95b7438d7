package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.millrace.checkpoint.Checkpoint;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Topics;
import dev.millrace.protocol.run.CheckpointEvent;
import dev.millrace.testing.KafkaBroker;
import dev.millrace.testing.S3Server;
import dev.millrace.testing.ServiceProcess;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process whose checkpoints, store and broker come and go. */
class ReloadIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RAW = "application/octet-stream";
  private static final String NO_KAFKA = "127.0.0.1:1";
  private static final String RUN = "run";

  /** For all tests to which it does not matter what served before. */
  @TempDir private static Path home;

  private static S3Server s3;
  private static ServiceProcess service;
  private static int epochs;

  @BeforeAll
  static void start() throws Exception {
    s3 = S3Server.start(Files.createDirectory(home.resolve("s3")), 0);
    saveNextBest();
    service =
        InferenceProcess.launch(
            Path.of("target", "ReloadIT.log"), InferenceProcess.settings(s3.endpoint(), NO_KAFKA));
    service.awaitStatus("/q/health/ready", 200);
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
    s3.close();
  }

  private static Checkpoint saveNextBest() {
    epochs++;
    return Checkpoints.saveBest(s3.store(), RUN, epochs, 10L * epochs);
  }

  @Test
  void aBetterCheckpointTakesOverUnderLoadAndNoRequestIsDropped() throws Exception {
    byte[] pixels = Checkpoints.pixels(4);
    Checkpoint first = saveNextBest();
    awaitServed(first);
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<List<JsonNode>> client =
        CompletableFuture.supplyAsync(() -> predictUntil(stop, pixels));
    Checkpoint second = saveNextBest();
    awaitServed(second);
    stop.set(true);

    Map<String, List<Double>> expected =
        Map.of(
            first.manifest().id(), Checkpoints.probabilities(first, pixels),
            second.manifest().id(), Checkpoints.probabilities(second, pixels));
    List<JsonNode> answers = client.get();
    assertThat(answers).extracting(ReloadIT::checkpoint).containsAll(expected.keySet());
    for (JsonNode answer : answers) {
      JsonNode top = answer.at("/predictions/0");
      assertThat(top.path("probability").asDouble())
          .isCloseTo(expected.get(checkpoint(answer)).get(top.path("index").asInt()), within(1e-5));
    }
  }

  @Test
  void aCorruptCheckpointIsRefusedVisiblyAndTheOldOneServesOn() throws Exception {
    Checkpoint good = saveNextBest();
    awaitServed(good);
    epochs++;
    Checkpoint bad = Checkpoints.of(RUN, epochs, 10L * epochs);
    byte[] weights = bad.weights().clone();
    weights[weights.length - 1] ^= 1;
    s3.store().save(new Checkpoint(bad.manifest(), weights, bad.optimizer()));
    Checkpoints.pointBestAt(s3.store(), bad.manifest());

    await().until(() -> listed(bad).path("state").asText().equals("refused"));
    assertThat(listed(bad).path("reason").asText()).contains("SHA-256");
    assertThat(listed(good).path("state").asText()).isEqualTo("serving");
    assertThat(service.get("/q/health/ready").body())
        .contains("\"UP\"", "\"refused\"", bad.manifest().id());
    assertThat(served(service)).isEqualTo(good.manifest().id());
  }

  @Test
  void withS3AwayItStaysReadyAndTakesTheNextCheckpointWhenItIsBack() throws Exception {
    Checkpoint first = saveNextBest();
    awaitServed(first);
    int port = s3.port();
    s3.close();

    await().until(() -> !service.get("/q/health/ready").body().contains("\"answers\""));
    assertThat(service.get("/q/health/ready").statusCode()).isEqualTo(200);
    assertThat(served(service)).isEqualTo(first.manifest().id());
    JsonNode list = JSON.readTree(service.get("/v1/checkpoints").body());
    assertThat(list.path("note").asText()).isNotEmpty();
    assertThat(listed(first).path("state").asText()).isEqualTo("serving");

    s3 = S3Server.start(home.resolve("s3"), port);
    awaitServed(saveNextBest());
  }

  @Test
  void withS3AwayAtTheStartAndThenEmptyItWaits(@TempDir Path folder) throws Exception {
    int port = ServiceProcess.freePort();
    Map<String, String> settings = InferenceProcess.settings("http://127.0.0.1:" + port, NO_KAFKA);
    settings.put("MILLRACE_INFERENCE_RUN", RUN);
    try (ServiceProcess early =
        InferenceProcess.launch(Path.of("target", "ReloadIT-early.log"), settings)) {
      early.awaitStatus("/q/health/live", 200);
      await().until(() -> early.get("/q/health/ready").body().contains("127.0.0.1:" + port));
      assertThat(early.get("/q/health/ready").statusCode()).isEqualTo(503);

      try (S3Server store = S3Server.start(folder, port)) {
        await().until(() -> early.get("/q/health/ready").body().contains("\"answers\""));
        assertThat(early.get("/q/health/ready").statusCode()).isEqualTo(503);
        HttpResponse<String> refused = early.post("/v1/predict", RAW, Checkpoints.pixels(1));
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        assertThat(refused.body()).contains("urn:millrace:problem:no-model");

        Checkpoints.saveBest(store.store(), RUN, 1, 10);
        early.awaitStatus("/q/health/ready", 200);
      }
    }
  }

  @Test
  void anEventIsTakenAtOnceAndAKilledBrokerIsOnlyToldOf(@TempDir Path folder) throws Exception {
    try (KafkaBroker broker = KafkaBroker.start(folder, ServiceProcess.freePort());
        S3Server store = S3Server.start(Files.createDirectory(folder.resolve("s3")), 0)) {
      Checkpoints.saveBest(store.store(), RUN, 1, 10);
      Map<String, String> settings = InferenceProcess.settings(store.endpoint(), broker.address());
      settings.put("MILLRACE_INFERENCE_POLL_SECONDS", "3600");
      broker.createTopics(Topics.CHECKPOINTS, Topics.DEAD_LETTERS);
      try (ServiceProcess listener =
          InferenceProcess.launch(Path.of("target", "ReloadIT-events.log"), settings)) {
        listener.awaitStatus("/q/health/ready", 200);
        await().until(() -> listener.get("/q/health/ready").body().contains("\"connected\""));
        Checkpoint second = Checkpoints.saveBest(store.store(), RUN, 2, 20);

        byte[] nonsense = "not an event".getBytes();
        await()
            .atMost(Duration.ofSeconds(60))
            .until(
                () -> {
                  broker.send(Topics.CHECKPOINTS, nonsense, event(second));
                  return served(listener).equals(second.manifest().id());
                });
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() -> assertThat(broker.values(Topics.DEAD_LETTERS)).contains(nonsense));

        broker.kill();
        await().until(() -> listener.get("/q/health/ready").body().contains("away; S3 is asked"));
        assertThat(listener.get("/q/health/ready").statusCode()).isEqualTo(200);
        assertThat(served(listener)).isEqualTo(second.manifest().id());
      }
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

  private static List<JsonNode> predictUntil(AtomicBoolean stop, byte[] pixels) {
    List<JsonNode> answers = new ArrayList<>();
    try {
      // Once more after that, so that what serves then has answered.
      for (boolean last = false; !last; ) {
        last = stop.get();
        HttpResponse<String> response = service.post("/v1/predict", RAW, pixels);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        answers.add(JSON.readTree(response.body()));
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return answers;
  }

  /** What {@code /v1/checkpoints} says of it; nothing if it is not there. */
  private static JsonNode listed(Checkpoint checkpoint) throws Exception {
    JsonNode list = JSON.readTree(service.get("/v1/checkpoints").body()).path("checkpoints");
    for (JsonNode one : list) {
      if (one.path("id").asText().equals(checkpoint.manifest().id())) {
        return one;
      }
    }
    return MissingNode.getInstance();
  }

  private static void awaitServed(Checkpoint checkpoint) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> served(service).equals(checkpoint.manifest().id()));
  }

  private static String served(ServiceProcess from) throws Exception {
    HttpResponse<String> response = from.post("/v1/predict", RAW, Checkpoints.pixels(1));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return checkpoint(JSON.readTree(response.body()));
  }

  private static String checkpoint(JsonNode answer) {
    return answer.path("checkpoint").asText();
  }
}
