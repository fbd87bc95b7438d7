package dev.millrace.benchmarks.machine;

import dev.millrace.benchmarks.process.Children;
import dev.millrace.trainer.step.ComputeDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The machine on which figures are measured. */
public final class Machine {
  private Machine() {}

  /** Returns the device of the training benchmarks: a GPU if there is one. */
  public static ComputeDevice device() {
    return ComputeDevice.choose(ComputeDevice.Choice.AUTO);
  }

  private static String gpu() throws IOException, InterruptedException {
    if (!device().device().isGpu()) {
      return "no GPU";
    }
    List<String> command =
        List.of("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader");
    return Children.run(command, Map.of()).strip();
  }

  public static String describe() throws IOException, InterruptedException {
    String cpu =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 2))
            .findFirst()
            .orElse("unknown CPU");
    String load = Files.readString(Path.of("/proc/loadavg")).split(" ")[0];
    return "%s, %d cores, %s, load %s at the start; JDK %s; DJL %s, PyTorch %s; %s"
        .formatted(
            cpu,
            Runtime.getRuntime().availableProcessors(),
            gpu(),
            load,
            Runtime.version(),
            ComputeDevice.djlVersion(),
            ComputeDevice.engineVersion(),
            Instant.now());
  }
}
