package dev.millrace.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Tests that the engine does not read freed memory. DJL frees the memory of a scalar operand before
 * autograd's backward pass reads it. The error remains silent until a garbage collection runs
 * between the passes and the memory is reused. So this test always collects between the passes and
 * overwrites freed memory.
 */
class EngineMemoryIT {
  @Test
  void garbageCollectionDuringAPassChangesNoBit() throws Exception {
    String undisturbed = train(false, Map.of());
    assertThat(undisturbed).matches("[0-9a-f]{64}");
    // MALLOC_PERTURB_ makes glibc fill freed memory with this byte and new memory with its
    // complement.
    assertThat(train(true, Map.of("MALLOC_PERTURB_", "165"))).isEqualTo(undisturbed);
    assertThat(train(true, Map.of("MALLOC_PERTURB_", "63"))).isEqualTo(undisturbed);
  }

  private static String train(boolean collecting, Map<String, String> environment)
      throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                java,
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                TrainingUnderCollection.class.getName(),
                Boolean.toString(collecting)));
    builder.environment().putAll(environment);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(out).isZero();
    return out.strip();
  }
}
