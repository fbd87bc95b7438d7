package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.testing.S3Server;
import dev.millrace.testing.ServiceProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that the trainer ends with a one-line message if the store refuses it, because a restart
 * does not help.
 */
class RefusedStoreIT {
  private static final Path LOG = Path.of("target", "RefusedStoreIT.log");

  @TempDir private Path folder;
  private S3Server server;

  @BeforeEach
  void start() throws Exception {
    server = S3Server.start(folder, 0);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>();
    settings.put("MILLRACE_S3_ENDPOINT", server.endpoint());
    settings.put("MILLRACE_S3_BUCKET", S3Server.BUCKET);
    settings.put("MILLRACE_S3_ACCESS_KEY", S3Server.ACCESS_KEY);
    settings.put("MILLRACE_S3_SECRET_KEY", S3Server.SECRET_KEY);
    settings.put("MILLRACE_TRAINER_RUN", "r");
    settings.put("MILLRACE_KAFKA_BOOTSTRAP_SERVERS", "localhost:1");
    return settings;
  }

  @Test
  void namesAWrongSecret() throws Exception {
    Map<String, String> settings = settings();
    settings.put("MILLRACE_S3_SECRET_KEY", "x");
    assertEnds(
        settings,
        "S3 at " + server.endpoint() + ", bucket millrace",
        "SignatureDoesNotMatch",
        "MILLRACE_S3_SECRET_KEY");
  }

  @Test
  void namesAnInvalidBucket() throws Exception {
    Map<String, String> settings = settings();
    settings.put("MILLRACE_S3_BUCKET", "Not_A_Bucket");
    assertEnds(settings, "MILLRACE_S3_BUCKET=Not_A_Bucket: allowed: ");
  }

  private static void assertEnds(Map<String, String> settings, String... says) throws Exception {
    Files.deleteIfExists(LOG);
    try (ServiceProcess service = ServiceProcess.launch("-Xmx160m", LOG, settings)) {
      assertThat(service.exitCode()).as(service.log()).isEqualTo(78);
      List<String> lines = service.words();
      assertThat(lines).as(service.log()).hasSize(1);
      assertThat(lines.get(0)).contains(says);
    }
  }
}
