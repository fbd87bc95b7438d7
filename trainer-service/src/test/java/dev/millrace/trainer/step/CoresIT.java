package dev.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that a run that is resumed on a machine with fewer cores ends with the weights of an
 * undisturbed one.
 */
class CoresIT {
  private static final int STEPS = 6;
  private static final List<String> ONE_CORE = List.of("taskset", "-c", "0");

  @TempDir private Path folder;

  @Test
  void weightsDoNotDependOnTheNumberOfCores() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/taskset")), "SKIPPED: no taskset here");
    String undisturbed = train(List.of(), 0, STEPS)[0];
    assertThat(undisturbed).matches("[0-9a-f]{64}");

    train(List.of(), 0, STEPS / 2);
    String[] resumed = train(ONE_CORE, STEPS / 2, STEPS);

    assertThat(resumed[1]).isEqualTo("1");
    assertThat(resumed[0]).isEqualTo(undisturbed);
  }

  private String[] train(List<String> cores, int first, int end)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(cores);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(TrainingOnCores.class.getName());
    command.add(folder.toString());
    command.add(Integer.toString(first));
    command.add(Integer.toString(end));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(out).isZero();
    return out.strip().split(" ");
  }
}
