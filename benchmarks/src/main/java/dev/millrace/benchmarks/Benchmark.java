package dev.millrace.benchmarks;

import dev.millrace.benchmarks.ingest.IngestComparison;
import dev.millrace.benchmarks.load.H2Load;
import dev.millrace.benchmarks.machine.Machine;
import dev.millrace.benchmarks.process.Reference;
import dev.millrace.benchmarks.process.RunOptions;
import dev.millrace.benchmarks.report.Comparison;
import dev.millrace.benchmarks.report.Measured;
import dev.millrace.benchmarks.serving.LitServePeer;
import dev.millrace.benchmarks.serving.ServingComparison;
import dev.millrace.benchmarks.training.TrainingComparison;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The main command: measures Millrace and its peers in turn and prints one table. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = "Measures Millrace beside its peers and prints one table.")
final class Benchmark implements Callable<Integer> {
  private enum Part {
    TRAINING,
    INGEST,
    SERVING
  }

  @Mixin private RunOptions options = new RunOptions();

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description =
          "how often everything is measured; a target needs 5 rounds to count as reached"
              + " (default: ${DEFAULT-VALUE})")
  private int rounds;

  @Option(
      names = "--steps",
      defaultValue = "100",
      description =
          "training steps of PyTorch to measure in each run; three times as many of Millrace"
              + " (default: 100)")
  private int steps;

  @Option(
      names = "--only",
      split = ",",
      description = "measure only these parts: training, ingest, serving")
  private Set<Part> parts = EnumSet.allOf(Part.class);

  private final Path project = Path.of(System.getProperty("millrace.project", "."));

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new Benchmark())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    if (parts.contains(Part.SERVING) && H2Load.missing() != null) {
      System.err.println("benchmarks/run: " + H2Load.missing());
      return 1;
    }
    System.out.println(Machine.describe());
    List<Comparison> comparisons = comparisons(references());
    for (int round = 1; round <= rounds; round++) {
      System.out.printf("round %d of %d%n", round, rounds);
      for (Comparison comparison : comparisons) {
        comparison.round();
      }
    }
    System.out.println();
    System.out.println(Measured.header());
    for (Comparison comparison : comparisons) {
      comparison.rows().forEach(row -> System.out.println(row.line()));
    }
    System.out.println();
    System.out.println(Measured.legend());
    return 0;
  }

  private List<Comparison> comparisons(List<Reference> references)
      throws IOException, InterruptedException {
    Reference first = references.isEmpty() ? null : references.get(0);
    List<Comparison> comparisons = new ArrayList<>();
    if (parts.contains(Part.TRAINING)) {
      comparisons.add(new TrainingComparison(project, options, steps, references));
    }
    if (parts.contains(Part.INGEST)) {
      comparisons.add(new IngestComparison(project, options, first));
    }
    if (parts.contains(Part.SERVING)) {
      String missing = first == null ? "there is no Python to run it" : LitServePeer.missing(first);
      if (missing != null) {
        System.out.println("*** SKIPPED: comparisons with LitServe; " + missing);
      }
      comparisons.add(new ServingComparison(project, missing == null ? first : null));
    }
    return comparisons;
  }

  /** Returns a reference for each Python, and so for each version of PyTorch to compare with. */
  private List<Reference> references() throws InterruptedException {
    Path script =
        Optional.ofNullable(System.getenv("MILLRACE_BENCHMARK_REFERENCE"))
            .map(Path::of)
            .orElse(project.resolve("reference/train.py"));
    String pythons = Optional.ofNullable(System.getenv("MILLRACE_BENCHMARK_PYTHON")).orElse("");
    List<Reference> references = new ArrayList<>();
    boolean gpu = Machine.device().device().isGpu();
    for (String python : pythons.split(":")) {
      Reference reference = new Reference(python, script, options.dataDir, project, gpu);
      String missing = reference.missing();
      if (missing == null) {
        references.add(reference);
      } else {
        System.out.println("*** SKIPPED: comparisons with PyTorch; " + missing);
      }
    }
    return references;
  }
}
