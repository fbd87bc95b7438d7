package dev.millrace.benchmarks.training;

import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.trainer.loop.TrainerTelemetry;

/** Prints a line for each epoch. */
final class PrintedEpochs implements TrainerTelemetry {
  @Override
  public void event(TrainingEvent event) {
    if (event.type() == TrainingEvent.Type.EPOCH) {
      System.out.printf(
          "epoch %d loss %.4f accuracy %.4f validation accuracy %.4f, %.0f images/s%n",
          event.epoch(),
          event.loss(),
          event.accuracy(),
          event.validationAccuracy(),
          event.imagesPerSecond());
    }
  }
}
