package dev.millrace.benchmarks.training;

import dev.millrace.benchmarks.process.JmhRun;
import dev.millrace.model.TinyImageNet;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.trainer.step.TrainingSession;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Measures the training step alone, by batch size. */
@State(Scope.Benchmark)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 1, time = 8)
@Measurement(iterations = 1, time = 8)
public class StepBenchmark {
  private static final float LEARNING_RATE = 0.001f;

  @Param("128")
  private int batchSize;

  private Minibatch minibatch;
  private TrainingSession session;

  @Setup
  public void begin() {
    minibatch = Sessions.minibatch(batchSize);
    session = Sessions.session(new TinyImageNet());
  }

  @Benchmark
  public void step(JmhRun.Images counter) {
    session.train(minibatch, LEARNING_RATE);
    counter.images += batchSize;
  }

  @TearDown
  public void end() {
    session.close();
  }
}
