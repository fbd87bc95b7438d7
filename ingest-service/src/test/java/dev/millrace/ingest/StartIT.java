package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.Split;
import dev.millrace.testing.ServiceProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What no restart can mend ends the process with one line and the exit code for it. */
class StartIT {
  private static final Path LOG = Path.of("target", "StartIT.log");

  @TempDir Path folder;

  private static void assertStops(ServiceProcess ingest, String... says) throws Exception {
    try (ingest) {
      assertThat(ingest.exitCode()).as(ingest.log()).isEqualTo(78);
      assertThat(ingest.words()).hasSize(1);
      assertThat(ingest.words().get(0)).contains(says).doesNotContain("Exception", "SRCFG");
    }
  }

  private static ServiceProcess ingest(String name, String value) throws IOException {
    Files.deleteIfExists(LOG);
    Map<String, String> settings = new HashMap<>(Map.of("MILLRACE_INGEST_DATASET", "synthetic"));
    settings.put(name, value);
    return ServiceProcess.launch("-Xmx128m", LOG, settings);
  }

  @Test
  void aWrongSettingIsNamedWithItsValueAndWhatIsAllowed() throws Exception {
    for (String[] wrong :
        new String[][] {
          {"MILLRACE_INGEST_BATCH_SIZE", "0", "1 to 4096"},
          {"MILLRACE_INGEST_BATCH_SIZE", "big", "integer"},
          {"MILLRACE_INGEST_VALIDATION", "train", "holdout"},
          {"MILLRACE_INGEST_LEAD_MINIBATCHES", "0", "1 or more"},
          {"MILLRACE_INGEST_TRAINER_TIMEOUT_SECONDS", "-3", "1 or more"},
          {"MILLRACE_INGEST_EPOCHS", "0", "1 or more"},
          {"MILLRACE_INGEST_MIRRORS", "ftp:here", "https://"},
          {"MILLRACE_INGEST_DATASET", "cifar11", "cifar10, cifar100, synthetic"},
          {"MILLRACE_KAFKA_BOOTSTRAP_SERVERS", "localhost", "HOST:PORT"},
          {"MILLRACE_HTTP_PORT", "http", "integer"},
        }) {
      assertStops(ingest(wrong[0], wrong[1]), wrong);
    }
  }

  @Test
  void aTakenPortIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
      String port = Integer.toString(taken.getLocalPort());
      assertStops(ingest("MILLRACE_HTTP_PORT", port), "port " + port, "MILLRACE_HTTP_PORT");
    }
  }

  @Test
  void aTruncatedDatasetFileIsNamed() throws Exception {
    Mill mill = new Mill(folder, "StartIT-dataset");
    Path file = folder.resolve("cifar-10-batches-bin/data_batch_2.bin");
    Files.write(file, new byte[100]);
    assertStops(mill.ingest(), file.toString(), "100 bytes", "unpack");
  }

  @Test
  void noBrokerIsWaitedForAndThenTheStreamBegins() throws Exception {
    try (Mill mill = new Mill(folder, "StartIT-broker");
        ServiceProcess ingest = mill.ingest("EPOCHS", "1")) {
      ingest.awaitStatus("/q/health/ready", 503);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> ingest.get("/q/health/ready").body().contains("\"kafka\""));
      mill.startBroker();
      Mill.awaitState(ingest, "complete");
      Mill.assertSame(mill.broker().records(Split.TRAIN.topic()), mill.expected(Split.TRAIN, 1, 1));
    }
  }

  @Test
  void anotherStreamOnTheTopicIsNamedWithBothIdsAndTheRemedy() throws Exception {
    try (Mill mill = Mill.running(folder, "StartIT-foreign")) {
      try (ServiceProcess ingest = mill.ingest("EPOCHS", "1")) {
        Mill.awaitState(ingest, "complete");
      }
      String id = mill.source.description().id();
      ServiceProcess other = mill.ingest("SEED", "1");
      assertStops(
          other,
          Split.VALIDATION.topic() + " holds stream " + id,
          "make stream ",
          "use the settings it was begun with, or an empty Kafka");
      mill.broker().send(new ProducerRecord<>(Split.TRAIN.topic(), 0, null, "hello".getBytes()));
      ServiceProcess again = mill.ingest();
      try (again) {
        assertThat(again.exitCode()).isEqualTo(78);
        assertThat(again.words().get(1))
            .contains(
                Split.TRAIN.topic() + ", partition 0, offset 13 is no minibatch",
                "millrace-stream is missing",
                "use an empty Kafka");
      }
    }
  }
}
