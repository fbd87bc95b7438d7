package dev.millrace.benchmarks;

import dev.millrace.trainer.training.ComputeDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/** What figures hold for. */
final class Machine {
  private Machine() {}

  static String describe() throws IOException {
    String cpu =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 2))
            .findFirst()
            .orElse("unknown CPU");
    String load = Files.readString(Path.of("/proc/loadavg")).split(" ")[0];
    return "%s, %d cores, load %s at the start; JDK %s; DJL %s, PyTorch %s; %s"
        .formatted(
            cpu,
            Runtime.getRuntime().availableProcessors(),
            load,
            Runtime.version(),
            ComputeDevice.djlVersion(),
            ComputeDevice.engineVersion(),
            Instant.now());
  }
}
