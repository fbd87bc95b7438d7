package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.testing.KafkaBroker;
import dev.millrace.testing.ServiceProcess;
import java.nio.file.Path;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Missing rights and wrong credentials end ingest with exit code 78 and one line. */
class RightsIT {
  private static final String LOGIN =
      "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%s\" password=\"%s\";";

  @TempDir Path folder;

  @Test
  void namesADeniedTopicAndAWrongPassword() throws Exception {
    IngestFixture fixture = new IngestFixture(folder, "RightsIT");
    try (KafkaBroker broker = KafkaBroker.startSecured(folder, fixture.port(), "poor");
        Admin admin = broker.admin("admin")) {
      admin.listTopics().names().get();
      assertEnds(fixture, "poor", "poor", "Kafka denies access", "millrace.");
      assertEnds(
          fixture, "poor", "wrong", "does not accept this client's credentials", "KAFKA_SASL_");
    }
  }

  private static void assertEnds(
      IngestFixture fixture, String user, String password, String... says) throws Exception {
    try (ServiceProcess ingest =
        fixture.ingestWith(
            "KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT",
            "KAFKA_SASL_MECHANISM", "PLAIN",
            "KAFKA_SASL_JAAS_CONFIG", LOGIN.formatted(user, password))) {
      assertThat(ingest.exitCode()).isEqualTo(78);
      assertThat(ingest.words()).last().asString().contains(says);
    }
  }
}
