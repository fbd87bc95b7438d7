package dev.millrace.benchmarks.ingest;

import dev.millrace.benchmarks.process.RunOptions;
import dev.millrace.ingest.stream.MinibatchSource;
import dev.millrace.protocol.Split;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Measures how fast one thread augments and encodes minibatches, as ingest does before it publishes
 * them.
 */
@Command(name = "ingest-speed")
final class IngestSpeed implements Callable<Integer> {
  @Mixin private RunOptions options = new RunOptions();

  @Option(names = "--seconds", defaultValue = "5")
  private double seconds;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new IngestSpeed()).execute(arguments));
  }

  @Override
  public Integer call() {
    MinibatchSource source = options.source();
    perSecond(source, 1, seconds / 2); // warms up the JIT
    System.out.printf("%.1f%n", perSecond(source, 2, seconds));
    return 0;
  }

  private double perSecond(MinibatchSource source, int firstEpoch, double seconds) {
    int batches = source.description().batches(Split.TRAIN);
    long begin = System.nanoTime();
    int size = source.description().batchSize();
    long images = 0;
    for (int epoch = firstEpoch; ; epoch++) {
      for (int batch = 0; batch < batches; batch++) {
        if (System.nanoTime() - begin > seconds * 1e9) {
          return images / ((System.nanoTime() - begin) / 1e9);
        }
        source.at(Split.TRAIN, epoch, batch);
        images += Math.min(size, source.description().images(Split.TRAIN) - batch * size);
      }
    }
  }
}
