package dev.millrace.inference.run;

import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.run.TrainingEvent.Type;
import java.time.Instant;

/** Training events of which only type, run and time matter. */
final class RunEvents {
  private RunEvents() {}

  static TrainingEvent event(Type type, String run, Instant time) {
    return new TrainingEvent(
        1, type, run, time, 1, 9, 0, 1, 10, 1.0, .5, null, null, null, .01, 100.0, 9.0, null);
  }
}
