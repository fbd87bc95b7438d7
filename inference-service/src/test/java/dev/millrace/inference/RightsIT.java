package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.testing.KafkaBroker;
import dev.millrace.testing.S3Server;
import dev.millrace.testing.ServiceProcess;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A right on a topic that is missing ends inference with code 78 and one line. */
class RightsIT {
  @TempDir private Path folder;

  @Test
  void aDeniedTopicIsNamed() throws Exception {
    try (S3Server s3 = S3Server.start(folder, 0);
        KafkaBroker broker = KafkaBroker.startSecured(folder, ServiceProcess.freePort(), "poor");
        Admin admin = broker.admin("admin")) {
      admin.listTopics().names().get();
      Map<String, String> settings = InferenceProcess.settings(s3.endpoint(), broker.address());
      KafkaBroker.credentials("poor")
          .forEach(
              (name, value) ->
                  settings.put(
                      "KAFKA_" + name.toUpperCase(Locale.ROOT).replace('.', '_'),
                      value.toString()));
      try (ServiceProcess inference =
          InferenceProcess.launch(Path.of("target", "RightsIT.log"), settings)) {
        assertThat(inference.exitCode()).as(inference.log()).isEqualTo(78);
        assertThat(inference.words())
            .last()
            .asString()
            .contains("Kafka denies access", "millrace.");
      }
    }
  }
}
