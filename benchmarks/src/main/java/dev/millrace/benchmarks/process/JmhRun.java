package dev.millrace.benchmarks.process;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs a JMH benchmark in this JVM and prints its images per second. JMH does not fork, because
 * {@link Children} has started this JVM with the options and the environment under test.
 */
public final class JmhRun {
  private JmhRun() {}

  /** Counts the images that a benchmark has processed. JMH computes the rate. */
  @AuxCounters
  @State(Scope.Thread)
  public static class Images {
    /** The counter, which gives its name to JMH's result. */
    public long images;
  }

  /**
   * Runs a benchmark.
   *
   * @param arguments the benchmark's class, and its parameters as names and values in turn
   */
  public static void main(String[] arguments) throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(arguments[0].replace(".", "\\."))
            .forks(0)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT);
    for (int i = 1; i < arguments.length; i += 2) {
      options.param(arguments[i], arguments[i + 1]);
    }
    System.out.println(
        new Runner(options.build()).runSingle().getSecondaryResults().get("images").getScore());
  }
}
