package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.testing.ServiceProcess;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What no restart can mend ends the process with one line and the exit code for it. */
class StartIT {
  private static final Path LOG = Path.of("target", "StartIT.log");

  @Test
  void aMissingSettingIsNamed() throws Exception {
    Map<String, String> settings = settings();
    settings.remove("MILLRACE_S3_SECRET_KEY");
    assertStops(settings, "MILLRACE_S3_SECRET_KEY is not set; allowed: the secret key");
  }

  @Test
  void aWrongSettingIsNamedWithItsValueAndWhatIsAllowed() throws Exception {
    Map<String, String> settings = settings();
    settings.put("MILLRACE_INFERENCE_POLL_SECONDS", "0");
    assertStops(settings, "MILLRACE_INFERENCE_POLL_SECONDS=0: allowed: 1 to 3600");
    settings.put("MILLRACE_INFERENCE_POLL_SECONDS", "10");
    settings.put("MILLRACE_INFERENCE_ADMIN_TOKEN", "short-secret");
    assertStops(settings, "MILLRACE_INFERENCE_ADMIN_TOKEN=(hidden): allowed: 16 characters");
    settings.remove("MILLRACE_INFERENCE_ADMIN_TOKEN");
    settings.put("MILLRACE_INFERENCE_MAX_QUEUE_IMAGES", "63");
    assertStops(
        settings,
        "MILLRACE_INFERENCE_MAX_QUEUE_IMAGES=63: allowed: at least MILLRACE_INFERENCE_MAX_BATCH_IMAGES=64");
  }

  @Test
  void aTakenPortIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
      Map<String, String> settings = settings();
      settings.put("MILLRACE_HTTP_PORT", Integer.toString(taken.getLocalPort()));
      assertStops(settings, "port %d".formatted(taken.getLocalPort()), "MILLRACE_HTTP_PORT");
      settings.remove("MILLRACE_HTTP_PORT");
      settings.put("MILLRACE_GRPC_PORT", Integer.toString(taken.getLocalPort()));
      assertStops(settings, "port %d".formatted(taken.getLocalPort()), "MILLRACE_GRPC_PORT");
    }
  }

  private static Map<String, String> settings() {
    return InferenceProcess.settings("http://localhost:1", "localhost:1");
  }

  private static void assertStops(Map<String, String> settings, String... says) throws Exception {
    try (ServiceProcess service = InferenceProcess.launch(LOG, settings)) {
      assertThat(service.exitCode()).as(service.log()).isEqualTo(78);
      List<String> lines = service.words();
      assertThat(lines).as(service.log()).hasSize(1);
      assertThat(lines.get(0)).contains(says);
    }
  }
}
