package dev.millrace.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The whole way as a user starts it, {@code millrace up}, in a home of its own on ports of its own.
 * Closing stops it.
 */
final class StackRun implements AutoCloseable {
  private static final int TRAINER_PORT = 8082;
  private static final Pattern IMAGES =
      Pattern.compile("^millrace_trainer_images_total(?:\\{.*})? (\\S+)$", Pattern.MULTILINE);
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Path home;
  private final Path project;
  private final int portOffset = 10_000 + new Random().nextInt(10_000);
  private final HttpClient http = HttpClient.newHttpClient();
  private final Process launcher;

  /**
   * @param project the folder with the built modules
   */
  StackRun(Path project, Path home, List<String> options) throws IOException {
    this.project = project;
    this.home = home;
    List<String> command = launcher("up");
    command.addAll(List.of("--port-offset", Integer.toString(portOffset)));
    command.addAll(options);
    launcher =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(home.resolveSibling(home.getFileName() + ".out").toFile())
            .start();
  }

  /** As the script does it, without its look at whether sources are newer. */
  private List<String> launcher(String name) {
    Path target = project.resolve("local-stack/target");
    return new ArrayList<>(
        List.of(
            Children.java(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dmillrace.project=" + project,
            "-Ddev.millrace.home=" + home,
            "-cp",
            target.resolve("classes") + ":" + target.resolve("lib/*"),
            "dev.millrace.stack.Millrace",
            name,
            "--home=" + home));
  }

  /** Images trained per second of the wall's clock, checkpoints included, over so many steps. */
  double imagesPerSecond(int steps, int batchSize) throws IOException, InterruptedException {
    Mark begin = await((long) StepWindow.WARM_UP * batchSize, batchSize);
    Mark end = await(begin.images() + (long) steps * batchSize, batchSize);
    return (end.images() - begin.images()) / ((end.nanos() - begin.nanos()) / 1e9);
  }

  private record Mark(long images, long nanos) {}

  /** Waits for that many images; looks often only shortly before. */
  private Mark await(long images, int batchSize) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      long trained = trained();
      if (trained >= images) {
        return new Mark(trained, System.nanoTime());
      }
      if (!launcher.isAlive() || System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "the stack in %s trained %d of %d images".formatted(home, trained, images));
      }
      Thread.sleep(trained + 3L * batchSize >= images ? 10 : 300);
    }
  }

  private long trained() throws InterruptedException {
    URI metrics = URI.create("http://127.0.0.1:%d/q/metrics".formatted(TRAINER_PORT + portOffset));
    try {
      String text =
          http.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString()).body();
      Matcher found = IMAGES.matcher(text);
      return found.find() ? (long) Double.parseDouble(found.group(1)) : 0;
    } catch (IOException e) {
      // The trainer is not up yet.
      return 0;
    }
  }

  /**
   * The most memory that a process has had, in MB.
   *
   * @param name {@code ingest}, {@code trainer} or {@code inference}
   */
  long peakMegabytes(String name) throws IOException {
    String pid = Files.readString(home.resolve("run").resolve(name + ".pid")).strip();
    for (String line : Files.readAllLines(Path.of("/proc", pid, "status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
      }
    }
    throw new IllegalStateException("no VmHWM of " + name);
  }

  /** Waits for the end of a run with {@code --exit-after-training}. */
  void awaitEnd() throws InterruptedException {
    if (!launcher.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || launcher.exitValue() != 0) {
      throw new IllegalStateException("the run in %s did not end well".formatted(home));
    }
  }

  /** The folder of the bucket. */
  Path bucket() {
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
