package dev.millrace.trainer.telemetry;

import dev.millrace.protocol.run.RunReport;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.trainer.loop.TrainerSettings;
import java.time.Instant;

/** Factory methods for the last event of a run. */
public final class TrainingEvents {
  private TrainingEvents() {}

  public static TrainingEvent finished(
      TrainerSettings settings, TrainingEvent last, RunReport report) {
    return end(
        TrainingEvent.Type.FINISHED,
        settings.run(),
        last,
        report.bestValidationAccuracy(),
        report.testAccuracy(),
        null);
  }

  /**
   * Returns the event of a run that failed.
   *
   * @param last the previous event; null if there was none
   */
  public static TrainingEvent failed(String run, TrainingEvent last, String message) {
    return end(TrainingEvent.Type.FAILED, run, last, null, null, message);
  }

  private static TrainingEvent end(
      TrainingEvent.Type type,
      String run,
      TrainingEvent last,
      Double validationAccuracy,
      Double testAccuracy,
      String message) {
    return new TrainingEvent(
        TrainingEvent.SCHEMA,
        type,
        run,
        Instant.now(),
        last == null ? 0 : last.epoch(),
        last == null ? 0 : last.epochs(),
        last == null ? 0 : last.step(),
        last == null ? 0 : last.batch(),
        last == null ? 0 : last.batches(),
        last == null ? null : last.loss(),
        last == null ? null : last.accuracy(),
        last == null ? null : last.validationLoss(),
        validationAccuracy,
        testAccuracy,
        null,
        null,
        null,
        message);
  }
}
