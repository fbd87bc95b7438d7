package dev.millrace.stack;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.protocol.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;

/** Heals the stack and tells what becomes of the run. The supervisor's one thread uses it. */
final class RunWatch {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration HEALTH_POLL = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** For which inference leaves few cores to the first step. */
  private static final Duration HEAD_START = Duration.ofSeconds(20);

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
  private final Home home;
  private final Ports ports;
  private final StackSettings settings;
  private final Supervisor supervisor;
  private final ProgressReader progress;
  private final Console console;

  RunWatch(
      Home home,
      Ports ports,
      StackSettings settings,
      Supervisor supervisor,
      ProgressReader progress,
      Console console) {
    this.home = home;
    this.ports = ports;
    this.settings = settings;
    this.supervisor = supervisor;
    this.progress = progress;
    this.console = console;
  }

  /** Returns when the run is complete and a model serves, if that is what is waited for. */
  void await(boolean exitAfterTraining) throws InterruptedException {
    long headStart = System.nanoTime() + HEAD_START.toNanos();
    long healthAt = System.nanoTime();
    boolean streaming = false;
    boolean served = false;
    boolean finished = false;
    while (!(exitAfterTraining && finished && served)) {
      supervisor.heal();
      if (progress.trained() || System.nanoTime() > headStart || hasCheckpoint()) {
        supervisor.startInference();
      }
      if (System.nanoTime() >= healthAt) {
        streaming = streaming || tellIngest();
        served = served || tellInference();
        healthAt = System.nanoTime() + HEALTH_POLL.toNanos();
      }
      if (!finished && Files.exists(home.report(settings.run()).resolve("report.json"))) {
        finished = true;
        console.say("the run is complete: millrace report --home " + home.root());
      }
      Thread.sleep(POLL.toMillis());
    }
  }

  /** Says once how to use what serves. */
  private boolean tellInference() throws InterruptedException {
    if (health(ports.inference()).map(HttpResponse::statusCode).orElse(0) != 200) {
      return false;
    }
    console.say(
        "serving: curl -H 'Content-Type: image/png' --data-binary @IMAGE.png http://127.0.0.1:%d/v1/predict"
            .formatted(ports.inference()));
    console.say(
        "gRPC on 127.0.0.1:%d; the token for promote, rollback, pin and unpin is in %s"
            .formatted(ports.inferenceGrpc(), home.adminToken()));
    return true;
  }

  private boolean hasCheckpoint() {
    return Files.exists(home.best(settings.run()));
  }

  /** Shows a download, say; true when there is nothing more of the kind to come. */
  private boolean tellIngest() throws InterruptedException {
    Optional<HttpResponse<byte[]>> answer = health(ports.ingest());
    if (answer.isEmpty()) {
      return false;
    }
    if (answer.get().statusCode() == 200) {
      return true;
    }
    for (JsonNode check : Json.read(answer.get().body(), JsonNode.class).path("checks")) {
      if (check.path("name").asText().equals("ingest")) {
        console.status("ingest: " + check.at("/data/state").asText("starting"));
      }
    }
    return false;
  }

  private Optional<HttpResponse<byte[]>> health(int port) throws InterruptedException {
    URI ready = URI.create("http://127.0.0.1:%d/q/health/ready".formatted(port));
    HttpRequest request = HttpRequest.newBuilder(ready).timeout(PATIENCE).build();
    try {
      return Optional.of(http.send(request, BodyHandlers.ofByteArray()));
    } catch (IOException e) {
      // Not up yet, or just dying: the supervisor sees to that.
      return Optional.empty();
    }
  }
}
