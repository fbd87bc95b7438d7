package dev.millrace.stack.kill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.stack.ColourImages;
import dev.millrace.stack.Stack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two runs with different learning rates train from one topic, so that minibatches are augmented
 * only once.
 */
class TwoTrainersIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TopicPartition TRAIN = new TopicPartition(Split.TRAIN.topic(), 0);
  private static final String FIRST = "pictures-quick";
  private static final String SECOND = "sweep-2";
  private static final int EPOCHS = 3;
  private static final int LEAD = 20;

  @TempDir private static Path folder;

  @Test
  void slowerOfTwoTrainersLimitsIngest() throws Exception {
    Path pictures = ColourImages.folder(folder.resolve("pictures"), 100);
    try (Stack stack = new Stack(folder.resolve("home"))) {
      stack
          .with("MILLRACE_INGEST_MAX_AHEAD_MINIBATCHES", LEAD)
          .with("MILLRACE_TRAINER_CHECKPOINT_EVERY_STEPS", 5)
          .up("--dataset", pictures.toString(), "--epochs", "" + EPOCHS, "--batch-size", "16");
      stack.awaitSaid("are starting");
      // Suspend the first trainer, so that it saves no checkpoint before both follow the stream.
      signal("STOP", stack.home.processes().running("trainer").orElseThrow().pid());
      Process second = startSecond(stack);
      try (Admin admin =
          Admin.create(Map.of("bootstrap.servers", "127.0.0.1:" + stack.ports.kafka()))) {
        awaitGroup(admin, SECOND);
        signal("STOP", second.pid());
        signal("CONT", stack.home.processes().running("trainer").orElseThrow().pid());
        awaitGroup(admin, FIRST);
        await()
            .atMost(Stack.PATIENCE)
            .until(() -> committed(admin, FIRST) > committed(admin, SECOND));
        await()
            .atMost(Stack.PATIENCE)
            .untilAsserted(() -> assertThat(end(admin)).isEqualTo(committed(admin, SECOND) + LEAD));
        assertThat(stack.run(FIRST, "report/report.json")).doesNotExist();
        signal("CONT", second.pid());
        awaitReport(stack, FIRST);
        awaitReport(stack, SECOND);
        // 100 pictures of each of three classes: a sixth is for testing and a tenth of the rest is
        // held out, which leaves 15 minibatches of 16.
        assertThat(end(admin)).as("each record once").isEqualTo(EPOCHS * (15 + 1));
      } finally {
        second.destroyForcibly().waitFor();
      }
      assertThat(rate(stack, FIRST)).isEqualTo(0.05);
      assertThat(rate(stack, SECOND)).isEqualTo(0.02);
      assertThat(weights(stack, FIRST)).isNotEqualTo(weights(stack, SECOND));
    }
  }

  private static void signal(String signal, long pid) throws IOException, InterruptedException {
    int code = new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();
    assertThat(code).as("kill -%s %d", signal, pid).isZero();
  }

  private static Process startSecond(Stack stack) throws IOException {
    Properties keys = new Properties();
    try (var in = Files.newBufferedReader(stack.home.run("s3-keys.properties"))) {
      keys.load(in);
    }
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-jar",
            Path.of("..", "trainer-service/target/quarkus-app/quarkus-run.jar").toString());
    builder
        .environment()
        .putAll(
            Map.of(
                "MILLRACE_HTTP_PORT",
                "0",
                "MILLRACE_KAFKA_BOOTSTRAP_SERVERS",
                "127.0.0.1:" + stack.ports.kafka(),
                "MILLRACE_S3_ENDPOINT",
                "http://127.0.0.1:" + stack.ports.s3(),
                "MILLRACE_S3_ACCESS_KEY",
                keys.getProperty("accessKey"),
                "MILLRACE_S3_SECRET_KEY",
                keys.getProperty("secretKey"),
                "MILLRACE_TRAINER_RUN",
                SECOND,
                "MILLRACE_EPOCHS",
                "" + EPOCHS,
                "MILLRACE_TRAINER_SCHEDULE",
                "one-cycle",
                "MILLRACE_TRAINER_LEARNING_RATE",
                "0.02",
                "MILLRACE_TRAINER_CHECKPOINT_EVERY_STEPS",
                "5"));
    return builder
        .redirectErrorStream(true)
        .redirectOutput(stack.home.log("second").toFile())
        .start();
  }

  private static void awaitGroup(Admin admin, String run) {
    await()
        .atMost(Stack.PATIENCE)
        .ignoreExceptions()
        .until(
            () ->
                admin.listGroups().all().get(10, TimeUnit.SECONDS).stream()
                    .map(GroupListing::groupId)
                    .anyMatch((Topics.TRAINER_GROUP_PREFIX + run)::equals));
  }

  private static long committed(Admin admin, String run) throws Exception {
    String group = Topics.TRAINER_GROUP_PREFIX + run;
    var offsets =
        admin
            .listConsumerGroupOffsets(group)
            .partitionsToOffsetAndMetadata()
            .get(10, TimeUnit.SECONDS);
    return offsets.get(TRAIN) == null ? 0 : offsets.get(TRAIN).offset();
  }

  private static long end(Admin admin) throws Exception {
    return admin
        .listOffsets(Map.of(TRAIN, OffsetSpec.latest()))
        .partitionResult(TRAIN)
        .get(10, TimeUnit.SECONDS)
        .offset();
  }

  private static void awaitReport(Stack stack, String run) {
    await()
        .atMost(Stack.PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> Files.exists(stack.run(run, "report/report.json")));
  }

  private static double rate(Stack stack, String run) throws IOException {
    JsonNode json = JSON.readTree(stack.run(run, "run.json").toFile());
    return json.at("/settings/learningRate").asDouble();
  }

  private static String weights(Stack stack, String run) throws IOException {
    return Outcome.of(stack.run(run, "")).weights();
  }
}
