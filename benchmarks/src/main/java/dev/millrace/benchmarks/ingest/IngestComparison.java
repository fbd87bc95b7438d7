package dev.millrace.benchmarks.ingest;

import dev.millrace.benchmarks.process.BrokerRun;
import dev.millrace.benchmarks.process.Children;
import dev.millrace.benchmarks.process.Reference;
import dev.millrace.benchmarks.process.RunOptions;
import dev.millrace.benchmarks.report.Comparison;
import dev.millrace.benchmarks.report.Measured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Compares ingest with a DataLoader, and publishing with Kafka's producer benchmark. */
public final class IngestComparison implements Comparison {
  private static final double SECONDS = 5;
  private static final List<String> ONE_CORE = List.of("taskset", "-c", "0");

  private final Path project;
  private final RunOptions options;
  private final Reference reference;
  private final List<Double> againstLoader = new ArrayList<>();
  private final List<Double> againstProducer = new ArrayList<>();

  /**
   * Creates a comparison.
   *
   * @param reference the Python peer, or null to leave it out
   */
  public IngestComparison(Path project, RunOptions options, Reference reference) {
    this.project = project;
    this.options = options;
    this.reference = reference;
  }

  @Override
  public void round() throws IOException, InterruptedException {
    if (reference != null) {
      double ours = prepared();
      double loader = loader();
      System.out.printf(
          "  augmented and encoded on one core: %.0f images/s; DataLoader: %.0f%n", ours, loader);
      againstLoader.add(ours / loader);
    }
    Path home = Files.createTempDirectory("millrace-benchmark");
    try (BrokerRun broker = new BrokerRun(project, home)) {
      double ours = broker.ingestMegabytes(options, 1, 1);
      double producer = broker.producerMegabytes(options);
      System.out.printf("  published: %.0f MB/s; ProducerPerformance: %.0f%n", ours, producer);
      againstProducer.add(ours / producer);
    }
  }

  private double prepared() throws IOException, InterruptedException {
    List<String> parameters =
        List.of(
            "dataset",
            options.dataset,
            "dataDir",
            options.dataDir.toString(),
            "batchSize",
            Integer.toString(options.batchSize),
            "seed",
            Long.toString(options.seed));
    List<String> command = new ArrayList<>(ONE_CORE);
    command.addAll(Children.jmh(List.of("-Xmx512m"), MinibatchBenchmark.class, parameters));
    return Double.parseDouble(Children.run(command, Map.of()).strip());
  }

  private double loader() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(ONE_CORE);
    command.addAll(
        List.of(
            reference.python(),
            reference.helper("loader_speed.py").toString(),
            reference.script().toString(),
            reference.data().toString(),
            Double.toString(SECONDS)));
    return Double.parseDouble(Children.run(command, Map.of()).strip());
  }

  @Override
  public List<Measured> rows() {
    List<Measured> rows = new ArrayList<>();
    if (!againstLoader.isEmpty()) {
      rows.add(
          Measured.atLeast(
              50, "ingest, augmented and encoded on one core / DataLoader", againstLoader));
    }
    rows.add(
        Measured.atLeast(
            .8, "ingest into the broker / Kafka's ProducerPerformance", againstProducer));
    return rows;
  }
}
