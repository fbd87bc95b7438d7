package dev.millrace.benchmarks.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The CPU times and the memory of a stack's processes, from Linux's {@code /proc}. */
final class StackProcesses {
  private static final List<String> NAMES =
      List.of("kafka", "s3", "ingest", "trainer", "inference");

  private final Path home;
  private final ProcessHandle launcher;

  /**
   * Creates a reader.
   *
   * @param home the stack's folder, which holds the process ids
   */
  StackProcesses(Path home, ProcessHandle launcher) {
    this.home = home;
    this.launcher = launcher;
  }

  /** Returns the CPU time of each process since its start, by name. */
  Map<String, Duration> cpuTimes() throws IOException {
    Map<String, Duration> times = new LinkedHashMap<>();
    times.put("launcher", cpuTime(launcher));
    for (String name : NAMES) {
      times.put(name, cpuTime(ProcessHandle.of(pid(name)).orElseThrow()));
    }
    return times;
  }

  private static Duration cpuTime(ProcessHandle process) {
    return process.info().totalCpuDuration().orElseThrow();
  }

  /** Describes each process's share of a core since earlier CPU times, in %. */
  String sharesSince(Map<String, Duration> before, double wallNanos) throws IOException {
    return cpuTimes().entrySet().stream()
        .map(
            entry -> {
              Duration used = entry.getValue().minus(before.get(entry.getKey()));
              return String.format(
                  Locale.ROOT, "%s %.1f", entry.getKey(), 100 * used.toNanos() / wallNanos);
            })
        .collect(Collectors.joining(", ", "CPU time, % of a core: ", ""));
  }

  /** Returns the peak resident memory of a process, in MB. */
  long peakMegabytes(String name) throws IOException {
    Path status = Path.of("/proc", Long.toString(pid(name)), "status");
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
      }
    }
    throw new IllegalStateException("%s has no VmHWM".formatted(status));
  }

  long pid(String name) throws IOException {
    return Long.parseLong(Files.readString(home.resolve("run").resolve(name + ".pid")).strip());
  }
}
