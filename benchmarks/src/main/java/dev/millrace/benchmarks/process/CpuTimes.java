package dev.millrace.benchmarks.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A snapshot of the CPU times of a process's threads and of the machine's idle time, from Linux's
 * {@code /proc}.
 *
 * @param at the time of the snapshot, by {@link System#nanoTime}
 * @param idleNanos the idle time of all cores together
 * @param threadNanos the CPU time by thread name; threads with one name are added up
 */
public record CpuTimes(long at, long idleNanos, Map<String, Long> threadNanos) {
  /** The unit of {@code /proc/stat}: {@code USER_HZ} is 1/100 s on all common architectures. */
  private static final long TICK_NANOS = 10_000_000;

  /** Threads that took less are not listed. */
  private static final double LEAST_PERCENT = 0.1;

  /** The name of the threads that compute a training step on a CPU. */
  private static final String COMPUTE = "ForkJoinPool";

  public static CpuTimes of(long pid) throws IOException {
    Map<String, Long> nanos = new HashMap<>();
    for (Path thread : children(Path.of("/proc", Long.toString(pid), "task"))) {
      try {
        long cpu = Long.parseLong(words(thread.resolve("schedstat"))[0]);
        nanos.merge(name(Files.readString(thread.resolve("comm"))), cpu, Long::sum);
      } catch (IOException e) {
        // Skip a thread that has ended since it was listed.
        if (Files.exists(thread)) {
          throw e;
        }
      }
    }
    long idle = Long.parseLong(words(Path.of("/proc/stat"))[4]);
    return new CpuTimes(System.nanoTime(), idle * TICK_NANOS, nanos);
  }

  private static List<Path> children(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private static String[] words(Path file) throws IOException {
    return Files.readString(file).split("\\s+");
  }

  /** Removes the number from a thread's name, so that threads of one pool are added up. */
  private static String name(String comm) {
    return comm.strip().replaceAll("-\\d.*|[-\\s]+$", "");
  }

  /**
   * Describes the CPU time since an earlier snapshot: each thread's share of a core in %, and the
   * computing time per image.
   */
  public String since(CpuTimes before, double images) {
    double wall = at - before.at;
    Map<String, Double> percent =
        threadNanos.entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    e -> 100 * (e.getValue() - before.nanosOf(e.getKey())) / wall));
    String threads =
        percent.entrySet().stream()
            .filter(e -> e.getValue() >= LEAST_PERCENT)
            .sorted(Comparator.comparing(e -> -e.getValue()))
            .map(e -> String.format(Locale.ROOT, "%s %.1f", e.getKey(), e.getValue()))
            .collect(Collectors.joining(", "));
    String described =
        String.format(
            Locale.ROOT,
            "trainer's threads, %% of a core: %s; idle: %.1f",
            threads,
            100 * (idleNanos - before.idleNanos) / wall);
    if (!threadNanos.containsKey(COMPUTE)) {
      return described; // training on a GPU
    }
    double perImage = (nanosOf(COMPUTE) - before.nanosOf(COMPUTE)) / images / 1e6;
    return described + String.format(Locale.ROOT, "; computing an image: %.3f ms", perImage);
  }

  private long nanosOf(String thread) {
    return threadNanos.getOrDefault(thread, 0L);
  }
}
