package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Triton's own Python clients against the service. {@code MILLRACE_TRITON_PYTHON} names a Python
 * that has them ({@code pip install 'tritonclient[http,grpc]'}); by default it is {@code python3}.
 */
class TritonClientIT {
  private static final String PYTHON =
      System.getenv().getOrDefault("MILLRACE_TRITON_PYTHON", "python3");

  @TempDir private Path folder;

  @Test
  void bothClientsGetWhatTheNetworkComputes() throws Exception {
    assumeTrue(
        hasClients(),
        "SKIPPED: %s has no tritonclient; pip install 'tritonclient[http,grpc]' and set MILLRACE_TRITON_PYTHON"
            .formatted(PYTHON));
    try (ServedCheckpoint served = ServedCheckpoint.start("TritonClientIT")) {
      byte[] pixels = served.pixels(2);
      Path images = Files.write(folder.resolve("images"), pixels);
      Path script = Path.of(TritonClientIT.class.getResource("tritonclient_check.py").toURI());
      Path output = folder.resolve("output");
      Process client =
          new ProcessBuilder(
                  PYTHON,
                  script.toString(),
                  Integer.toString(served.service().port()),
                  Integer.toString(served.service().grpcPort()),
                  served.checkpoint().manifest().id(),
                  images.toString())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();

      assertThat(client.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(client.exitValue()).as(Files.readString(output)).isZero();
      List<String> answers = Files.readAllLines(output);
      assertThat(answers).hasSize(9);
      for (String answer : answers) {
        served.assertLogits(
            pixels, Arrays.asList(new ObjectMapper().readValue(answer, Double[].class)));
      }
    }
  }

  private static boolean hasClients() throws InterruptedException {
    try {
      Process check =
          new ProcessBuilder(PYTHON, "-c", "import tritonclient.http, tritonclient.grpc")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return check.waitFor(30, TimeUnit.SECONDS) && check.exitValue() == 0;
    } catch (IOException e) {
      // There is no such program.
      return false;
    }
  }
}
