package dev.millrace.trainer.telemetry;

import dev.millrace.protocol.run.RunReport;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.run.TrainingEventBuilder;
import dev.millrace.trainer.loop.TrainerSettings;

/** Factory methods for the last event of a run. */
public final class TrainingEvents {
  private TrainingEvents() {}

  public static TrainingEvent finished(
      TrainerSettings settings, TrainingEvent last, RunReport report) {
    return after(last, TrainingEvent.Type.FINISHED, settings.run())
        .validationAccuracy(report.bestValidationAccuracy())
        .testAccuracy(report.testAccuracy())
        .build();
  }

  /**
   * Returns the event of a run that failed.
   *
   * @param last the previous event; null if there was none
   */
  public static TrainingEvent failed(String run, TrainingEvent last, String message) {
    return after(last, TrainingEvent.Type.FAILED, run)
        .validationAccuracy(null)
        .message(message)
        .build();
  }

  private static TrainingEventBuilder after(
      TrainingEvent last, TrainingEvent.Type type, String run) {
    TrainingEventBuilder event = TrainingEvent.builder(type, run);
    return last == null ? event : event.after(last);
  }
}
