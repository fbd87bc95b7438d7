package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Triton's own Python clients against the service. {@code MILLRACE_TRITON_PYTHON} names a Python
 * that has them ({@code pip install 'tritonclient[http,grpc]'}); by default it is {@code python3}.
 */
class TritonClientIT {
  @TempDir private Path folder;

  @Test
  void bothClientsGetWhatTheNetworkComputes() throws Exception {
    assumeTrue(Program.hasTritonClients(), Program.NO_TRITON);
    ServedCheckpoint served = ServedCheckpoint.shared();
    byte[] pixels = served.pixels(2);
    Path images = Files.write(folder.resolve("images"), pixels);
    Path script = Path.of(TritonClientIT.class.getResource("tritonclient_check.py").toURI());

    String output =
        Program.output(
            folder,
            Map.of(),
            Program.TRITON_PYTHON,
            script.toString(),
            Integer.toString(served.service().port()),
            Integer.toString(InferenceProcess.grpcPort(served.service())),
            served.checkpoint().manifest().id(),
            images.toString());

    List<String> answers = output.lines().toList();
    assertThat(answers).hasSize(13);
    for (String answer : answers) {
      served.assertLogits(
          pixels, Arrays.asList(new ObjectMapper().readValue(answer, Double[].class)));
    }
  }
}
