package dev.millrace.benchmarks.training;

import dev.millrace.benchmarks.process.CpuTimes;
import dev.millrace.trainer.loop.CompletedStep;
import dev.millrace.trainer.loop.TrainerTelemetry;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Measures the wall-clock time of a number of steps, after a number of warm-up steps. */
final class StepWindow implements TrainerTelemetry {
  /** Warm-up steps for the JIT compilers and for the engine's memory. */
  static final int WARM_UP = 400;

  private final int steps;
  private long begin;
  private long end;
  private long images;
  private CpuTimes threadsBefore;
  private CpuTimes threads;

  StepWindow(int steps) {
    this.steps = steps;
  }

  @Override
  public void stepCompleted(CompletedStep step) {
    if (step.step() == WARM_UP) {
      threadsBefore = ownTimes();
      begin = System.nanoTime();
    } else if (step.step() > WARM_UP && step.step() <= WARM_UP + steps) {
      images += step.images();
      end = System.nanoTime();
      if (step.step() == WARM_UP + steps) {
        threads = ownTimes();
      }
    }
  }

  private static CpuTimes ownTimes() {
    try {
      return CpuTimes.of(ProcessHandle.current().pid());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the CPU usage of each thread during the measurement. */
  String profile() {
    return threads.since(threadsBefore, images);
  }

  double imagesPerSecond() {
    return images / ((end - begin) / 1e9);
  }
}
