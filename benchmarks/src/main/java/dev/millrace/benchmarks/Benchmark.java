package dev.millrace.benchmarks;

import dev.millrace.benchmarks.ingest.IngestComparison;
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
    description = "Measures ours beside its peers and prints one table.")
final class Benchmark implements Callable<Integer> {
  private enum Part {
    training,
    ingest,
    serving
  }

  @Mixin private RunOptions options = new RunOptions();

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "a target counts as reached with 5 or more (default: ${DEFAULT-VALUE})")
  private int rounds;

  @Option(
      names = "--steps",
      defaultValue = "100",
      description =
          "of training, measured in each run; a checkpoint comes every 100 (default: 100)")
  private int steps;

  @Option(names = "--only", split = ",", description = "of ${COMPLETION-CANDIDATES}")
  private Set<Part> parts = EnumSet.allOf(Part.class);

  private final Path project = Path.of(System.getProperty("millrace.project", "."));

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Benchmark()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
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
    if (parts.contains(Part.training)) {
      comparisons.add(new TrainingComparison(project, options, steps, references));
    }
    if (parts.contains(Part.ingest)) {
      comparisons.add(new IngestComparison(project, options, first));
    }
    if (parts.contains(Part.serving)) {
      String missing = first == null ? "there is no Python" : LitServePeer.missing(first);
      if (missing != null) {
        System.out.println("*** SKIPPED: all that compares with LitServe; " + missing);
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
        System.out.println("*** SKIPPED: all that compares with PyTorch; " + missing);
      }
    }
    return references;
  }
}
