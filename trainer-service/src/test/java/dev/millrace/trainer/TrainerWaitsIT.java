package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.testing.KafkaBroker;
import dev.millrace.testing.S3Server;
import dev.millrace.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests the built trainer while Kafka, the store or ingest is unavailable. Within ten seconds its
 * log and its health check say what it waits for, and it ends without delay when it is stopped.
 */
class TrainerWaitsIT {
  private static final Path LOG = Path.of("target", "TrainerWaitsIT.log");
  private static final Duration TEN_SECONDS_OF_WAITING = Duration.ofSeconds(20);

  @TempDir private Path folder;
  private S3Server server;

  @BeforeEach
  void start() throws Exception {
    Files.deleteIfExists(LOG);
    server = S3Server.start(folder, 0);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private Map<String, String> settings(String kafka) {
    Map<String, String> settings = new HashMap<>();
    settings.put("MILLRACE_S3_ENDPOINT", server.endpoint());
    settings.put("MILLRACE_S3_BUCKET", S3Server.BUCKET);
    settings.put("MILLRACE_S3_ACCESS_KEY", S3Server.ACCESS_KEY);
    settings.put("MILLRACE_S3_SECRET_KEY", S3Server.SECRET_KEY);
    settings.put("MILLRACE_TRAINER_RUN", "r");
    settings.put("MILLRACE_KAFKA_BOOTSTRAP_SERVERS", kafka);
    return settings;
  }

  private static ServiceProcess trainer(Map<String, String> settings) throws IOException {
    return ServiceProcess.launch("-Xmx256m", LOG, settings);
  }

  /**
   * Checks that log and health say it, and that a SIGTERM then ends the process although it waits.
   */
  private static void assertSays(ServiceProcess trainer, String... says) throws Exception {
    await()
        .atMost(TEN_SECONDS_OF_WAITING.plusSeconds(20))
        .ignoreExceptionsInstanceOf(IOException.class)
        .untilAsserted(
            () -> {
              assertThat(trainer.get("/q/health/ready").body()).contains(says);
              assertThat(trainer.log()).contains("waiting for").contains(says);
            });
    long asked = System.nanoTime();
    trainer.terminate();
    trainer.exitCode();
    assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(8));
  }

  @Test
  void reportsThatItWaitsForKafka() throws Exception {
    String nobody = "127.0.0.1:" + ServiceProcess.freePort();
    try (ServiceProcess trainer = trainer(settings(nobody))) {
      assertSays(trainer, "Kafka at " + nobody + " to answer");
    }
  }

  @Test
  void reportsThatItWaitsForTheStore() throws Exception {
    server.close();
    try (ServiceProcess trainer = trainer(settings("127.0.0.1:" + ServiceProcess.freePort()))) {
      assertSays(trainer, "the object store", server.endpoint());
    }
  }

  @Test
  void reportsThatItWaitsForIngest() throws Exception {
    try (KafkaBroker broker = KafkaBroker.start(folder, ServiceProcess.freePort());
        ServiceProcess trainer = trainer(settings(broker.address()))) {
      assertSays(trainer, Split.VALIDATION.topic(), "which ingest creates", "no ingest process");
    }
  }

  @Test
  void reportsThatItWaitsForTheValidationSplit() throws Exception {
    try (KafkaBroker broker = KafkaBroker.start(folder, ServiceProcess.freePort())) {
      broker.createTopics(
          Split.TRAIN.topic(),
          Split.VALIDATION.topic(),
          Split.TEST.topic(),
          Topics.METRICS,
          Topics.CHECKPOINTS,
          Topics.DEAD_LETTERS);
      try (ServiceProcess trainer = trainer(settings(broker.address()))) {
        assertSays(trainer, "the validation split", "which ingest publishes");
      }
    }
  }

  @Test
  void deniedTopicEndsTheTrainerWithOneLine() throws Exception {
    try (KafkaBroker broker = KafkaBroker.startSecured(folder, ServiceProcess.freePort(), "poor");
        Admin admin = broker.admin("admin")) {
      admin.listTopics().names().get();
      Map<String, String> settings = settings(broker.address());
      KafkaBroker.credentials("poor")
          .forEach(
              (name, value) ->
                  settings.put(
                      "KAFKA_" + name.toUpperCase(Locale.ROOT).replace('.', '_'),
                      value.toString()));
      try (ServiceProcess trainer = trainer(settings)) {
        assertThat(trainer.exitCode()).as(trainer.log()).isEqualTo(78);
        assertThat(trainer.words()).last().asString().contains("Kafka denies access", "millrace.");
      }
    }
  }
}
