package dev.millrace.benchmarks.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A whole stack, started by {@code millrace up} in its own home and on its own ports. Closing it
 * stops the stack.
 */
public final class StackRun implements AutoCloseable {
  private static final int INFERENCE_PORT = 8080;
  private static final int TRAINER_PORT = 8082;
  private static final int INFERENCE_GRPC_PORT = 9000;
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Duration AT_ONCE = Duration.ofMillis(100);

  /** The pause between reads of a metric: one read per second cost the trainer 0.8 % of a core. */
  private static final Duration NOW_AND_THEN = Duration.ofSeconds(5);

  /**
   * Steps before the measurement. There are more than in memory alone, because the other services'
   * JVMs warm up beside the trainer's: all JIT compilers together took 4.4 % of a core from 75 to
   * 135 s after the start, and 3.1 % from 200 to 260 s. For CIFAR-10 this is slightly more than
   * three epochs, so that the measurement contains no end of an epoch.
   */
  private static final int WARM_UP_STEPS = 1080;

  private final Path home;
  private final Path project;
  private final int portOffset = 10_000 + new Random().nextInt(10_000);
  private final long started = System.nanoTime();
  private final Process launcher;
  private final StackProcesses processes;

  /**
   * Starts a stack.
   *
   * @param project the folder with the built modules
   */
  public StackRun(Path project, Path home, List<String> options) throws IOException {
    this(project, home, options, Map.of());
  }

  /**
   * Starts a stack.
   *
   * @param settings environment variables of the services
   */
  public StackRun(Path project, Path home, List<String> options, Map<String, String> settings)
      throws IOException {
    this.project = project;
    this.home = home;
    List<String> command = launcher("up");
    command.addAll(List.of("--port-offset", Integer.toString(portOffset)));
    command.addAll(options);
    ProcessBuilder up =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output().toFile());
    up.environment().putAll(settings);
    launcher = up.start();
    processes = new StackProcesses(home, launcher.toHandle());
  }

  /** Starts a stack that has trained for a short time and serves the checkpoint. */
  public static StackRun serving(Path project, Path home) throws IOException, InterruptedException {
    StackRun stack =
        new StackRun(project, home, List.of("--dataset", "synthetic", "--epochs", "1"));
    try {
      stack.awaitServing();
      return stack;
    } catch (IOException | InterruptedException | RuntimeException e) {
      stack.close();
      throw e;
    }
  }

  /** Returns the start script's command, without its check for newer sources. */
  private List<String> launcher(String name) {
    Path target = project.resolve("local-stack/target");
    List<String> command = new ArrayList<>();
    command.addAll(List.of(Children.java(), "-Xmx128m", "-XX:+UseSerialGC"));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"));
    command.add("-Dmillrace.project=" + project);
    command.add("-Ddev.millrace.home=" + home);
    command.addAll(
        List.of("-cp", target.resolve("local-stack.jar") + ":" + target.resolve("lib/*")));
    command.addAll(List.of("dev.millrace.stack.Millrace", name, "--home=" + home));
    return command;
  }

  /**
   * Measures the images trained per second of wall-clock time over a number of steps, checkpoints
   * included. Prints the CPU usage of each process and of each of the trainer's threads.
   */
  public double imagesPerSecond(int steps, int batchSize) throws IOException, InterruptedException {
    Counter.Mark begin = awaitImages((long) WARM_UP_STEPS * batchSize, NOW_AND_THEN);
    Map<String, Duration> before = processes.cpuTimes();
    CpuTimes threadsBefore = CpuTimes.of(processes.pid("trainer"));
    Counter.Mark end = awaitImages((long) begin.value() + (long) steps * batchSize, NOW_AND_THEN);
    System.out.println("  " + processes.sharesSince(before, end.nanos() - begin.nanos()));
    CpuTimes threads = CpuTimes.of(processes.pid("trainer"));
    System.out.println("  streamed, " + threads.since(threadsBefore, end.value() - begin.value()));
    return end.rateSince(begin);
  }

  /** Returns the seconds from the launcher's start to the end of the first step. */
  public double secondsToFirstStep() throws InterruptedException {
    return (awaitImages(1, AT_ONCE).nanos() - started) / 1e9;
  }

  private Counter.Mark awaitImages(long wanted, Duration pause) throws InterruptedException {
    return new Counter(TRAINER_PORT + portOffset, "millrace_trainer_images_total")
        .await(wanted, pause, launcher::isAlive);
  }

  /**
   * Returns the peak resident memory of a process, in MB.
   *
   * @param name {@code ingest}, {@code trainer} or {@code inference}
   */
  public long peakMegabytes(String name) throws IOException {
    return processes.peakMegabytes(name);
  }

  /** Waits for the end of a run with {@code --exit-after-training}. */
  public void awaitEnd() throws InterruptedException {
    if (!launcher.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || launcher.exitValue() != 0) {
      throw unfinished();
    }
  }

  /** Returns the port of predictions over HTTP. */
  public int httpPort() {
    return INFERENCE_PORT + portOffset;
  }

  /** Returns the port of predictions over gRPC. */
  public int grpcPort() {
    return INFERENCE_GRPC_PORT + portOffset;
  }

  public ForwardPasses forwardPasses() {
    return new ForwardPasses(httpPort());
  }

  /** Waits until the run is complete and one of its checkpoints is served. */
  private void awaitServing() throws IOException, InterruptedException {
    new Counter(httpPort(), "millrace_inference_served_step").await(1, AT_ONCE, launcher::isAlive);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!isComplete()) {
      if (!launcher.isAlive() || System.nanoTime() > deadline) {
        throw unfinished();
      }
      Thread.sleep(200);
    }
  }

  private IllegalStateException unfinished() {
    return new IllegalStateException(
        "the run failed, or took more than %d minutes; see %s and the logs in %s"
            .formatted(PATIENCE.toMinutes(), output(), home));
  }

  /** Returns the file with the launcher's output. */
  private Path output() {
    return home.resolveSibling(home.getFileName() + ".out");
  }

  private boolean isComplete() throws IOException {
    try (Stream<Path> files = Files.walk(bucket())) {
      return files.anyMatch(file -> file.endsWith("report/report.json"));
    }
  }

  /** Returns the folder of the newest checkpoint. */
  public Path newestCheckpoint() throws IOException {
    try (Stream<Path> files = Files.walk(bucket())) {
      return files
          .filter(file -> file.endsWith("manifest.json"))
          .map(Path::getParent)
          .max(Comparator.comparing(Path::getFileName))
          .orElseThrow();
    }
  }

  /** Returns the folder of the S3 bucket. */
  public Path bucket() {
    return home.resolve("s3/millrace");
  }

  @Override
  public void close() throws IOException, InterruptedException {
    if (launcher.isAlive()) {
      new ProcessBuilder(launcher("stop")).inheritIO().start().waitFor();
      launcher.waitFor();
    }
  }
}
