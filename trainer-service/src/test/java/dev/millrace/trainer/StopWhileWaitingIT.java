package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.testing.ServiceProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM soon ends a trainer that waits for a partner: there is nothing it could save. */
class StopWhileWaitingIT {
  private static final Path LOG = Path.of("target", "StopWhileWaitingIT.log");
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir private Path folder;

  @Test
  void theWaitForTheStoreEnds() throws Exception {
    assertStopsSoon("http://127.0.0.1:1", "waiting for the object store: S3 at http://127.0.0.1:1");
  }

  @Test
  void theWaitForKafkaEnds() throws Exception {
    try (S3Server server = S3Server.start(folder, 0)) {
      assertStopsSoon(server.endpoint(), "waiting for Kafka at 127.0.0.1:1 to answer");
    }
  }

  private static void assertStopsSoon(String store, String wait) throws Exception {
    Map<String, String> settings =
        Map.of(
            "MILLRACE_S3_ENDPOINT",
            store,
            "MILLRACE_S3_BUCKET",
            S3Server.BUCKET,
            "MILLRACE_S3_ACCESS_KEY",
            S3Server.ACCESS_KEY,
            "MILLRACE_S3_SECRET_KEY",
            "secret",
            "MILLRACE_TRAINER_RUN",
            "r",
            "MILLRACE_KAFKA_BOOTSTRAP_SERVERS",
            "127.0.0.1:1");
    Files.deleteIfExists(LOG);
    try (ServiceProcess trainer = ServiceProcess.launch("-Xmx160m", LOG, settings)) {
      await().atMost(Duration.ofSeconds(90)).until(() -> trainer.log().contains(wait));
      long begin = System.nanoTime();
      trainer.terminate();
      assertThat(trainer.exitCode()).as(trainer.log()).isEqualTo(143);
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SOON);
    }
  }
}
