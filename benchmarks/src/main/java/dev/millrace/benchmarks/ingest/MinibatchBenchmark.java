package dev.millrace.benchmarks.ingest;

import dev.millrace.benchmarks.process.JmhRun;
import dev.millrace.benchmarks.process.RunOptions;
import dev.millrace.ingest.stream.MinibatchSource;
import dev.millrace.protocol.Split;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures how fast one thread augments and encodes minibatches, as ingest does before it publishes
 * them.
 */
@State(Scope.Benchmark)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 1, time = 3)
@Measurement(iterations = 1, time = 5)
public class MinibatchBenchmark {
  @Param("synthetic")
  private String dataset;

  @Param("")
  private String dataDir;

  @Param("128")
  private int batchSize;

  @Param("0")
  private long seed;

  private MinibatchSource source;
  private int epoch = 1;
  private int batch;

  @Setup
  public void read() {
    RunOptions options = new RunOptions();
    options.dataset = dataset;
    options.dataDir = Path.of(dataDir);
    options.batchSize = batchSize;
    options.seed = seed;
    source = options.source();
  }

  @Benchmark
  public byte[] next(JmhRun.Images counter) {
    int all = source.description().images(Split.TRAIN);
    counter.images += Math.min(batchSize, all - batch * batchSize);
    byte[] minibatch = source.at(Split.TRAIN, epoch, batch++);
    if (batch == source.description().batches(Split.TRAIN)) {
      batch = 0;
      epoch++;
    }
    return minibatch;
  }
}
