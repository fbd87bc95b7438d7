package dev.millrace.benchmarks;

import dev.millrace.benchmarks.load.H2Load;
import dev.millrace.benchmarks.load.LoadResult;
import dev.millrace.benchmarks.machine.Limits;
import dev.millrace.benchmarks.machine.Machine;
import dev.millrace.benchmarks.process.BrokerRun;
import dev.millrace.benchmarks.process.Children;
import dev.millrace.benchmarks.process.RunOptions;
import dev.millrace.benchmarks.process.StackRun;
import dev.millrace.benchmarks.report.LineCharts;
import dev.millrace.benchmarks.serving.PredictionLoad;
import dev.millrace.benchmarks.training.StepBenchmark;
import dev.millrace.protocol.stream.Minibatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Measures how throughput depends on batch size, producers and clients, relative to the limits of
 * the machine.
 */
@Command(
    name = "scaling",
    mixinStandardHelpOptions = true,
    description = "Measures images/s by batch size, ingest processes and clients.")
final class Scaling implements Callable<Integer> {
  private static final int[] BATCH_SIZES = {32, 64, 128, 256, 512, 1024};

  /** Pairs of the number of ingest services and the number of partitions that they share. */
  private static final int[][] PRODUCERS = {{1, 1}, {1, 4}, {2, 2}, {2, 4}, {4, 4}};

  private static final int[] CLIENTS = {1, 2, 4, 8, 16, 32, 64, 128, 256};

  /** Multiply-adds of one image's forward pass: three convolutions and three linear layers. */
  private static final double FORWARD =
      32 * 32 * 96 * 27 + 15 * 15 * 96 * 864 + 7 * 7 * 192 * 864 + 1728 * 256 + 256 * 256 + 2560;

  /**
   * Floating-point operations of one image's training step, in units of 10^9: the forward pass and
   * the gradients by weights and by inputs. The first convolution has no gradient by inputs.
   */
  private static final double STEP_GIGAFLOP = 2 * (3 * FORWARD - 32 * 32 * 96 * 27) / 1e9;

  private static final double FORWARD_GIGAFLOP = 2 * FORWARD / 1e9;
  private static final double WARM_UP_SECONDS = 30;
  private static final double SECONDS = 5;

  @Mixin private RunOptions options;

  @Option(
      names = "--only",
      paramLabel = "PART",
      split = ",",
      defaultValue = "batch-size,producers,clients",
      description = "measure only these parts (default: ${DEFAULT-VALUE})")
  private List<String> only;

  @Option(names = "--chart", paramLabel = "FILE", description = "draw the result as a PNG file")
  private Path chart;

  private final Path project = Path.of(System.getProperty("millrace.project", "."));

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Scaling()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    if (H2Load.missing() != null) {
      System.err.println("benchmarks/run: " + H2Load.missing());
      return 1;
    }
    System.out.println(Machine.describe());
    String[] limits = Children.runAsTrainer(Limits.class, List.of()).strip().split(" ");
    double gigaflops = Double.parseDouble(limits[0]);
    System.out.printf(
        "matrix product %s GFLOP/s, copy %s GB/s, loopback %s requests/s%n%n", (Object[]) limits);
    LineCharts charts = new LineCharts();
    if (only.contains("batch-size")) {
      charts.add("training step, images/s", "batch size", steps(gigaflops));
    }
    if (only.contains("producers")) {
      producers();
    }
    if (only.contains("clients")) {
      charts.add("predictions over HTTP, images/s", "clients", predictions(gigaflops));
    }
    if (chart != null) {
      charts.write(chart);
    }
    return 0;
  }

  private static Map<Integer, Double> steps(double gigaflops)
      throws IOException, InterruptedException {
    System.out.println(
        "| batch size | images/s | share of the matrix product's GFLOP/s |\n|---:|---:|---:|");
    Map<Integer, Double> points = new LinkedHashMap<>();
    for (int size : BATCH_SIZES) {
      double perSecond =
          Children.imagesPerSecondAsTrainer(
              StepBenchmark.class, List.of("batchSize", Integer.toString(size)));
      double share = 100 * perSecond * STEP_GIGAFLOP / gigaflops;
      System.out.printf("| %d | %.0f | %.0f %% |%n", size, perSecond, share);
      points.put(size, perSecond);
    }
    return points;
  }

  private void producers() throws IOException, InterruptedException {
    System.out.println("\n| producers | partitions | images/s | MB/s |\n|---:|---:|---:|---:|");
    double image = (double) (Minibatch.IMAGE_BYTES + Long.BYTES) / (1 << 20);
    for (int[] shape : PRODUCERS) {
      Path home = Files.createTempDirectory("millrace-benchmark");
      try (BrokerRun broker = new BrokerRun(project, home)) {
        double megabytes = broker.ingestMegabytes(options, shape[0], shape[1]);
        System.out.printf(
            "| %d | %d | %.0f | %.0f |%n", shape[0], shape[1], megabytes / image, megabytes);
      }
    }
  }

  private Map<Integer, Double> predictions(double gigaflops)
      throws IOException, InterruptedException {
    byte[] image = new byte[Minibatch.IMAGE_BYTES];
    new Random(0).nextBytes(image);
    Path home = Files.createTempDirectory("millrace-benchmark");
    Map<Integer, Double> points = new LinkedHashMap<>();
    try (StackRun stack = StackRun.serving(project, home);
        H2Load http = PredictionLoad.http(stack, image)) {
      http.run(H2Load.CLIENTS, 0, WARM_UP_SECONDS);
      System.out.println(
          "\n"
              + "| clients | images/s | p50 ms | p99 ms | share of the matrix product's GFLOP/s |\n"
              + "|---:|---:|---:|---:|---:|");
      for (int clients : CLIENTS) {
        LoadResult load = http.run(clients, 1, SECONDS);
        double share = 100 * load.perSecond() * FORWARD_GIGAFLOP / gigaflops;
        System.out.printf(
            "| %d | %.0f | %.1f | %.1f | %.0f %% |%n",
            clients, load.perSecond(), load.p50(), load.p99(), share);
        points.put(clients, load.perSecond());
      }
    }
    return points;
  }
}
