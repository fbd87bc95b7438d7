package dev.millrace.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.protocol.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the launcher's output while a service waits for another one. */
class WaitsIT {
  private static final String WAITS = "trainer waits for ";

  @TempDir private Path folder;

  @Test
  void reportsATrainerWithoutMinibatches() throws Exception {
    Path pictures = ColourImages.folder(folder.resolve("pictures"), 60);
    try (Stack stack = new Stack(folder.resolve("home"))) {
      // Ingest stays close to the trainer, so that little is left to train while ingest is
      // suspended.
      stack
          .with("MILLRACE_INGEST_MAX_AHEAD_MINIBATCHES", 8)
          .with("MILLRACE_TRAINER_CHECKPOINT_EVERY_STEPS", 4)
          .up("--dataset", pictures.toString(), "--epochs", "1000", "--batch-size", "8");
      stack.awaitSaid("step ");
      stack.pause("ingest");
      stack.awaitSaid(WAITS);
      assertThat(stack.command("status").output()).contains(WAITS);

      stack.resume("ingest");
      await().atMost(Stack.PATIENCE).until(() -> !stack.command("status").output().contains(WAITS));
      assertThat(stack.said().lines().filter(line -> line.startsWith(WAITS)).map(WaitsIT::what))
          .as(stack.said())
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void logAndHealthOfEachServiceNameItsWait() throws Exception {
    Path pictures = ColourImages.folder(folder.resolve("pictures"), 60);
    try (Stack stack = new Stack(folder.resolve("home"))) {
      stack
          .with("MILLRACE_INGEST_MAX_AHEAD_MINIBATCHES", 8)
          .up("--dataset", pictures.toString(), "--epochs", "1000", "--batch-size", "8");
      stack.awaitStatus(stack.ports.inference(), "/q/health/ready", 200);

      stack.pause("kafka");
      awaitWait(stack, "ingest", stack.ports.ingest(), "Kafka at ");
      awaitWait(stack, "trainer", stack.ports.trainer(), "Kafka");
      awaitWait(stack, "inference", stack.ports.inference(), "Kafka");
      stack.resume("kafka");
      awaitNoWait(stack);

      stack.pause("s3");
      awaitWait(stack, "trainer", stack.ports.trainer(), "object store");
      awaitWait(stack, "inference", stack.ports.inference(), "S3 at ");
      stack.resume("s3");
      awaitNoWait(stack);

      stack.pause("trainer");
      awaitWait(stack, "ingest", stack.ports.ingest(), "to save a checkpoint past offset");
      stack.resume("trainer");
      awaitNoWait(stack);

      stack.pause("ingest");
      awaitWait(stack, "trainer", stack.ports.trainer(), "which ingest publishes");
      stack.resume("ingest");
      awaitNoWait(stack);
    }
  }

  private static void awaitWait(Stack stack, String service, int port, String what) {
    await()
        .atMost(Stack.PATIENCE)
        .ignoreExceptionsInstanceOf(IOException.class)
        .untilAsserted(
            () -> {
              assertThat(waits(stack, port)).as(service).anyMatch(wait -> wait.contains(what));
              assertThat(Files.readAllLines(stack.home.log(service)))
                  .as(service)
                  .anyMatch(line -> line.contains("waiting for ") && line.contains(what));
            });
  }

  private static void awaitNoWait(Stack stack) {
    for (int port :
        new int[] {stack.ports.ingest(), stack.ports.trainer(), stack.ports.inference()}) {
      await()
          .atMost(Stack.PATIENCE)
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> waits(stack, port).isEmpty());
    }
  }

  /** Returns what the service's health check reports as waits. */
  private static List<String> waits(Stack stack, int port) throws Exception {
    String health = stack.get(port, "/q/health/ready").body();
    List<String> waits = new ArrayList<>();
    for (JsonNode check :
        Json.read(health.getBytes(StandardCharsets.UTF_8), JsonNode.class).path("checks")) {
      if (check.path("name").asText().equals("waits")) {
        check.path("data").fieldNames().forEachRemaining(waits::add);
      }
    }
    return waits;
  }

  private static String what(String line) {
    return line.replaceFirst(" \\(\\d+ s\\)$", "");
  }
}
