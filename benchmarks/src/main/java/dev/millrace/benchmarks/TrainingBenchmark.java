package dev.millrace.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Training against its peers. In each round all are run in turn, so that what else the machine does
 * meets all of them; ratios are taken within a round.
 */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = "Measures training against its peers and prints one table.")
final class TrainingBenchmark implements Callable<Integer> {
  @Mixin private RunOptions options = new RunOptions();

  @Option(names = "--rounds", defaultValue = "3", description = "default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(
      names = "--steps",
      defaultValue = "100",
      description = "measured in each run; a checkpoint comes every 100 (default: 100)")
  private int steps;

  private final List<Double> againstLoader = new ArrayList<>();
  private final List<Double> againstMemory = new ArrayList<>();
  private final List<Double> streamedAgainstHeld = new ArrayList<>();
  private final List<Double> lrn = new ArrayList<>();
  private final List<Double> ingestMegabytes = new ArrayList<>();
  private final List<Double> trainerMegabytes = new ArrayList<>();
  private final List<Double> inferenceMegabytes = new ArrayList<>();
  private final Path project = Path.of(System.getProperty("millrace.project", "."));

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new TrainingBenchmark()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    System.out.println(Machine.describe());
    Reference reference =
        new Reference(
            Optional.ofNullable(System.getenv("MILLRACE_BENCHMARK_PYTHON")).orElse(""),
            Optional.ofNullable(System.getenv("MILLRACE_BENCHMARK_REFERENCE"))
                .map(Path::of)
                .orElse(project.resolve("../shared/reference/train.py")),
            options.dataDir);
    String missing = reference.missing();
    if (missing != null) {
      System.out.println("*** SKIPPED: all that compares with PyTorch; " + missing);
    }
    for (int round = 1; round <= rounds; round++) {
      System.out.printf("round %d of %d%n", round, rounds);
      round(missing == null ? reference : null);
    }
    print();
    return 0;
  }

  private void round(Reference reference) throws IOException, InterruptedException {
    double streamed = streamed();
    System.out.printf("  streamed: %.1f%n", streamed);
    double held = held();
    System.out.printf("  held in memory: %.1f%n", held);
    streamedAgainstHeld.add(streamed / held);
    if (reference != null) {
      double memory = reference.imagesPerSecond("memory", steps, Children.ALLOCATOR);
      againstMemory.add(streamed / memory);
      againstLoader.add(streamed / reference.imagesPerSecond("loader", steps / 2, Map.of()));
    }
    lrn.addAll(lrnShares());
  }

  private double streamed() throws IOException, InterruptedException {
    Path home = Files.createTempDirectory("millrace-benchmark");
    try (StackRun stack = new StackRun(project, home, options.launcher())) {
      double imagesPerSecond = stack.imagesPerSecond(steps, options.batchSize);
      ingestMegabytes.add((double) stack.peakMegabytes("ingest"));
      trainerMegabytes.add((double) stack.peakMegabytes("trainer"));
      inferenceMegabytes.add((double) stack.peakMegabytes("inference"));
      return imagesPerSecond;
    }
  }

  private double held() throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(options.launcher());
    arguments.addAll(List.of("--steps", Integer.toString(steps)));
    String out = Children.runAsTrainer(InProcessRun.class, arguments);
    return Double.parseDouble(out.strip().split(" ")[0]);
  }

  private static List<Double> lrnShares() throws IOException, InterruptedException {
    List<Double> shares = new ArrayList<>();
    String out = Children.runAsTrainer(LrnShare.class, List.of());
    for (String line : out.strip().split("\n")) {
      String[] seconds = line.split(" ");
      shares.add(Double.parseDouble(seconds[0]) / Double.parseDouble(seconds[1]));
    }
    return shares;
  }

  private void print() {
    System.out.println();
    System.out.println(Measured.header());
    if (!againstLoader.isEmpty()) {
      print(
          Measured.atLeast(
              3, "training, whole way / PyTorch `--input loader`, its defaults", againstLoader));
      print(
          Measured.atLeast(
              1.1,
              "training, whole way / PyTorch `--input memory`, our allocator settings",
              againstMemory));
    }
    print(
        Measured.atLeast(
            0.98, "streamed training / the same minibatches in memory", streamedAgainstHeld));
    print(Measured.atMost(1.25, "step / step of the network without LRN", lrn));
    print(Measured.atMost(350, "memory of ingest, peak RSS in MB", ingestMegabytes));
    print(Measured.atMost(700, "memory of inference, peak RSS in MB", inferenceMegabytes));
    print(Measured.atMost(1800, "memory of the trainer, peak RSS in MB", trainerMegabytes));
  }

  private static void print(Measured row) {
    System.out.println(row.line());
  }
}
