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
    assertStops(settings, "MILLRACE_S3_SECRET_KEY");
  }

  @Test
  void aWrongSettingIsNamedWithItsValueAndWhatIsAllowed() throws Exception {
    Map<String, String> settings = settings();
    settings.put("MILLRACE_INFERENCE_POLL_SECONDS", "0");
    assertStops(settings, "MILLRACE_INFERENCE_POLL_SECONDS is '0'; it must be seconds from 1");
    settings.put("MILLRACE_INFERENCE_POLL_SECONDS", "soon");
    assertStops(settings, "MILLRACE_INFERENCE_POLL_SECONDS", "\"soon\"");
    settings.put("MILLRACE_INFERENCE_POLL_SECONDS", "10");
    settings.put("MILLRACE_INFERENCE_ADMIN_TOKEN", "short-secret");
    assertStops(settings, "MILLRACE_INFERENCE_ADMIN_TOKEN is too short");
    settings.remove("MILLRACE_INFERENCE_ADMIN_TOKEN");
    settings.put("MILLRACE_INFERENCE_MAX_QUEUE_IMAGES", "63");
    assertStops(settings, "MILLRACE_INFERENCE_MAX_QUEUE_IMAGES is '63'", "from those of a batch");
    settings.remove("MILLRACE_INFERENCE_MAX_QUEUE_IMAGES");
    settings.put("MILLRACE_INFERENCE_RUN", "sw*ep");
    assertStops(settings, "MILLRACE_INFERENCE_RUN is 'sw*ep'", "a run's name, or PREFIX*");
    settings.remove("MILLRACE_INFERENCE_RUN");
    settings.put("MILLRACE_S3_ENDPOINT", "localhost:9100");
    assertStops(settings, "MILLRACE_S3_ENDPOINT is 'localhost:9100'", "http://");
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
