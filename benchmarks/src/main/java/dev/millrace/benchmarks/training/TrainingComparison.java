package dev.millrace.benchmarks.training;

import dev.millrace.benchmarks.machine.Machine;
import dev.millrace.benchmarks.process.Children;
import dev.millrace.benchmarks.process.Reference;
import dev.millrace.benchmarks.process.RunOptions;
import dev.millrace.benchmarks.process.StackRun;
import dev.millrace.benchmarks.report.Comparison;
import dev.millrace.benchmarks.report.Measured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares training through the whole stack with PyTorch's own script, and with training in memory.
 */
public final class TrainingComparison implements Comparison {
  private final Path project;
  private final RunOptions options;
  private final int steps;
  private final List<Reference> references;
  private final Map<String, List<Double>> againstPyTorchWithLoader = new LinkedHashMap<>();
  private final Map<String, List<Double>> againstPyTorchInMemory = new LinkedHashMap<>();
  private final List<Double> streamedAgainstMemory = new ArrayList<>();

  /** Steps per step of PyTorch, so that both measurements take about the same time. */
  private static final int OUR_STEPS = 3;

  private final List<Double> lrn = new ArrayList<>();
  private final List<Double> startSeconds = new ArrayList<>();
  private final List<Double> ingestMegabytes = new ArrayList<>();
  private final List<Double> trainerMegabytes = new ArrayList<>();
  private final List<Double> inferenceMegabytes = new ArrayList<>();

  /**
   * Creates a comparison.
   *
   * @param steps the steps of PyTorch in each run; Millrace runs three times as many
   * @param references one for each version of PyTorch
   */
  public TrainingComparison(
      Path project, RunOptions options, int steps, List<Reference> references) {
    this.project = project;
    this.options = options;
    this.steps = steps;
    this.references = references;
  }

  @Override
  public void round() throws IOException, InterruptedException {
    // Measure before and after, because the speed of a shared machine varies.
    double before = inMemory();
    double streamed = streamed();
    double after = inMemory();
    System.out.printf(
        "  streamed: %.1f images/s; in memory: %.1f before, %.1f after, %.1f beside an idle stack%n",
        streamed, before, after, inMemoryBesideIdleStack());
    streamedAgainstMemory.add(streamed / ((before + after) / 2));
    for (Reference reference : references) {
      String version = reference.torchVersion();
      double memory = reference.imagesPerSecond("memory", steps, Children.allocator());
      double loader = reference.imagesPerSecond("loader", steps / 2, Map.of());
      add(againstPyTorchInMemory, version, streamed / memory);
      add(againstPyTorchWithLoader, version, streamed / loader);
    }
    lrn.addAll(lrnShares());
  }

  private static void add(Map<String, List<Double>> ratios, String version, double ratio) {
    ratios.computeIfAbsent(version, v -> new ArrayList<>()).add(ratio);
  }

  private double streamed() throws IOException, InterruptedException {
    Path home = Files.createTempDirectory("millrace-benchmark");
    try (StackRun stack = new StackRun(project, home, options.launcher())) {
      startSeconds.add(stack.secondsToFirstStep());
      double imagesPerSecond = stack.imagesPerSecond(OUR_STEPS * steps, options.batchSize);
      ingestMegabytes.add((double) stack.peakMegabytes("ingest"));
      trainerMegabytes.add((double) stack.peakMegabytes("trainer"));
      inferenceMegabytes.add((double) stack.peakMegabytes("inference"));
      return imagesPerSecond;
    }
  }

  private double inMemory() throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(options.launcher());
    arguments.addAll(List.of("--steps", Integer.toString(OUR_STEPS * steps)));
    String out = Children.runAsTrainerInMemory(InProcessRun.class, arguments);
    String[] lines = out.strip().split("\n");
    System.out.println("  in memory, " + lines[1]);
    return Double.parseDouble(lines[0].split(" ")[0]);
  }

  /**
   * Measures training in memory beside a stack that is idle after its run. This shows which part of
   * the difference is not caused by the stream.
   */
  private double inMemoryBesideIdleStack() throws IOException, InterruptedException {
    try (StackRun idle =
        StackRun.serving(project, Files.createTempDirectory("millrace-benchmark"))) {
      return inMemory();
    }
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

  @Override
  public List<Measured> rows() {
    List<Measured> rows = new ArrayList<>();
    againstPyTorchWithLoader.forEach(
        (version, ratios) ->
            rows.add(
                Measured.atLeast(
                    3,
                    "streamed training / PyTorch %s with a DataLoader, its defaults"
                        .formatted(version),
                    ratios)));
    againstPyTorchInMemory.forEach(
        (version, ratios) ->
            rows.add(
                Measured.atLeast(
                    1.1,
                    "streamed training / PyTorch %s with images in memory, our allocator settings"
                        .formatted(version),
                    ratios)));
    rows.add(
        Measured.atLeast(
            .98, "streamed training / the same minibatches in memory", streamedAgainstMemory));
    rows.add(Measured.atMost(1.25, "step / step of the network without LRN", lrn));
    rows.add(Measured.atMost(15, "`up` on a built tree to the first step, s", startSeconds));
    rows.add(Measured.atMost(350, "memory of ingest, peak RSS in MB", ingestMegabytes));
    rows.add(Measured.atMost(700, "memory of inference, peak RSS in MB", inferenceMegabytes));
    if (!Machine.device().device().isGpu()) {
      rows.add(Measured.atMost(1800, "memory of the trainer, peak RSS in MB", trainerMegabytes));
    }
    return rows;
  }
}
