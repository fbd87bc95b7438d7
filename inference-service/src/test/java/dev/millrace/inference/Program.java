package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Other programs that tests run. */
final class Program {
  /** A Python that should have Triton's clients. */
  static final String TRITON_PYTHON =
      System.getenv().getOrDefault("MILLRACE_TRITON_PYTHON", "python3");

  static final String NO_TRITON =
      "SKIPPED: %s has no tritonclient; pip install 'tritonclient[http,grpc]' and set MILLRACE_TRITON_PYTHON"
          .formatted(TRITON_PYTHON);

  private Program() {}

  static boolean hasTritonClients() throws InterruptedException {
    return succeeds(TRITON_PYTHON, "-c", "import tritonclient.http, tritonclient.grpc");
  }

  /** Whether there is such a program, and it ends well. */
  static boolean succeeds(String... command) throws InterruptedException {
    try {
      Process check =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return check.waitFor(30, TimeUnit.SECONDS) && check.exitValue() == 0;
    } catch (IOException e) {
      // There is no such program.
      return false;
    }
  }

  /** What it prints; it must end well. */
  static String output(Path folder, Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("output", null);
    Path errors = Files.createTempFile("errors", null);
    try {
      ProcessBuilder program =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile());
      program.environment().putAll(environment);
      Process process = program.start();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(String.join(" ", command)).isTrue();
      assertThat(process.exitValue())
          .as(String.join(" ", command) + Files.readString(output) + Files.readString(errors))
          .isZero();
      return Files.readString(output);
    } finally {
      Files.delete(output);
      Files.delete(errors);
    }
  }
}
