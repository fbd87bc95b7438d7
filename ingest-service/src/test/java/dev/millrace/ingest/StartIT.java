package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.ingest.dataset.folder.OddNames;
import dev.millrace.protocol.Split;
import dev.millrace.testing.ServiceProcess;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Permanent errors end the process with one line and the exit code for them. */
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
  void namesAWrongSetting() throws Exception {
    for (String[] wrong :
        new String[][] {
          {"MILLRACE_INGEST_BATCH_SIZE", "0", "1 to 4096"},
          {"MILLRACE_INGEST_BATCH_SIZE", "big", "1 to 4096"},
          {"MILLRACE_INGEST_VALIDATION", "train", "holdout"},
          {"MILLRACE_INGEST_MAX_AHEAD_MINIBATCHES", "0", "1 or more"},
          {"MILLRACE_INGEST_BROKEN_PICTURES", "ignore", "stop", "skip"},
          {"MILLRACE_INGEST_DATASET_MEMORY_MB", "-1", "0 or more"},
          {"MILLRACE_INGEST_TRAINER_TIMEOUT_SECONDS", "-3", "1 or more"},
          {"MILLRACE_EPOCHS", "0", "1 or more"},
          {"MILLRACE_INGEST_MIRRORS", "ftp:here", "https://"},
          {"MILLRACE_INGEST_DATASET", "cifar11", "cifar10, cifar100, synthetic"},
          {"MILLRACE_KAFKA_BOOTSTRAP_SERVERS", "localhost", "HOST:PORT"},
          {"MILLRACE_HTTP_PORT", "http", "0 to 65535"},
        }) {
      assertStops(ingest(wrong[0], wrong[1]), wrong);
    }
  }

  @Test
  void namesAllProblems() throws Exception {
    Map<String, String> settings =
        Map.of("MILLRACE_INGEST_BATCH_SIZE", "0", "MILLRACE_HTTP_PORT", "http");
    Files.deleteIfExists(LOG);
    try (ServiceProcess ingest = ServiceProcess.launch("-Xmx128m", LOG, settings)) {
      assertThat(ingest.exitCode()).as(ingest.log()).isEqualTo(78);
      assertThat(ingest.words())
          .containsExactly(
              "millrace: MILLRACE_HTTP_PORT=http: allowed: 0 to 65535",
              "millrace: MILLRACE_INGEST_BATCH_SIZE=0: allowed: 1 to 4096");
    }
  }

  @Test
  void namesAPortInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
      String port = Integer.toString(taken.getLocalPort());
      assertStops(ingest("MILLRACE_HTTP_PORT", port), "port " + port, "MILLRACE_HTTP_PORT");
    }
  }

  @Test
  void namesATruncatedDatasetFile() throws Exception {
    IngestFixture fixture = new IngestFixture(folder, "StartIT-dataset");
    Path file = folder.resolve("cifar-10-batches-bin/data_batch_2.bin");
    Files.write(file, new byte[100]);
    assertStops(fixture.ingest(), file.toString(), "100 bytes", "unpack");
  }

  @Test
  void unavailableDatasetHasItsOwnExitCode() throws Exception {
    Map<String, String> settings =
        Map.of(
            "MILLRACE_INGEST_DATASET", "cifar10",
            "MILLRACE_INGEST_DATA_DIR", folder.toString(),
            // No network beyond a port on which nobody listens.
            "JDK_JAVA_OPTIONS", "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=9");
    Path log = Files.createTempFile(folder, "unavailable", ".log");
    try (ServiceProcess ingest = ServiceProcess.launch("-Xmx128m", log, settings)) {
      assertThat(ingest.exitCode()).as(ingest.log()).isEqualTo(69);
      assertThat(ingest.words()).hasSize(1);
      assertThat(ingest.words().get(0)).contains("dataset cifar10 is not available", "is missing");
    }
  }

  @Test
  void readsNonAsciiClassNamesWithoutALocale() throws Exception {
    Path pets = Files.createDirectories(folder.resolve("pets"));
    for (String name : new String[] {"dog", "cat"}) {
      for (int i = 0; i < 6; i++) {
        BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
        Path file = pets.resolve(name).resolve(i + ".png");
        Files.createDirectories(file.getParent());
        assertThat(ImageIO.write(image, "png", file.toFile())).isTrue();
      }
    }
    OddNames.rename(pets.resolve("cat"), "\\347\\214\\253");
    Set<String> streams = new TreeSet<>();
    for (String locale : new String[] {"C", "C.UTF-8"}) {
      Map<String, String> settings =
          Map.of(
              "MILLRACE_INGEST_DATASET", pets.toString(),
              "MILLRACE_INGEST_DATA_DIR", folder.resolve("data").toString(),
              "LC_ALL", locale);
      Path log = Files.createTempFile(folder, "locale", ".log");
      try (ServiceProcess ingest = ServiceProcess.launch("-Xmx128m", log, settings)) {
        Pattern stream = Pattern.compile("pets: 9 training.*stream (\\w+)");
        await().atMost(Duration.ofSeconds(60)).until(() -> stream.matcher(ingest.log()).find());
        Matcher found = stream.matcher(ingest.log());
        assertThat(found.find()).isTrue();
        streams.add(found.group(1));
      }
    }
    assertThat(streams).hasSize(1);
  }

  @Test
  void waitsForTheBroker() throws Exception {
    try (IngestFixture fixture = new IngestFixture(folder, "StartIT-broker");
        ServiceProcess ingest = fixture.ingest("EPOCHS", "1")) {
      ingest.awaitStatus("/q/health/ready", 503);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> ingest.get("/q/health/ready").body().contains("\"kafka\""));
      fixture.startBroker();
      IngestFixture.awaitState(ingest, "complete");
      IngestFixture.assertSame(
          fixture.broker().records(Split.TRAIN.topic()), fixture.expected(Split.TRAIN, 1, 1));
    }
  }

  @Test
  void refusesATopicOfAnotherStream() throws Exception {
    try (IngestFixture fixture = IngestFixture.running(folder, "StartIT-foreign")) {
      try (ServiceProcess ingest = fixture.ingest("EPOCHS", "1")) {
        IngestFixture.awaitState(ingest, "complete");
      }
      String id = fixture.source.description().id();
      ServiceProcess other = fixture.ingest("SEED", "1");
      assertStops(
          other,
          Split.VALIDATION.topic() + " holds stream " + id,
          "make stream ",
          "use the settings that it was started with, or an empty Kafka");
      fixture.broker().send(new ProducerRecord<>(Split.TRAIN.topic(), 0, null, "hello".getBytes()));
      ServiceProcess again = fixture.ingest();
      try (again) {
        assertThat(again.exitCode()).isEqualTo(78);
        assertThat(again.words().get(1))
            .contains(
                Split.TRAIN.topic() + ", partition 0, offset 13 is not a minibatch",
                "millrace-stream is missing",
                "use an empty Kafka");
      }
    }
  }
}
