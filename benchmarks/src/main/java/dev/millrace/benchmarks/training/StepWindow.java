package dev.millrace.benchmarks.training;

import dev.millrace.benchmarks.process.CpuTimes;
import dev.millrace.trainer.loop.CompletedStep;
import dev.millrace.trainer.loop.TrainerTelemetry;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Measures a number of steps by the clock on the wall, after some that warm the machine up. */
final class StepWindow implements TrainerTelemetry {
  /** The JVM's compilers, and the memory of the engine. */
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

  /** What each thread took of a core meanwhile. */
  String profile() {
    return threads.since(threadsBefore, images);
  }

  double imagesPerSecond() {
    return images / ((end - begin) / 1e9);
  }
}
