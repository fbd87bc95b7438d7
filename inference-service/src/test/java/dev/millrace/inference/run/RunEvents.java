package dev.millrace.inference.run;

import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.run.TrainingEvent.Type;
import java.time.Instant;

/** Training events of which only type, run and time matter. */
final class RunEvents {
  private RunEvents() {}

  static TrainingEvent event(Type type, String run, Instant time) {
    return TrainingEvent.builder(type, run)
        .time(time)
        .epoch(1, 9)
        .batch(1, 10)
        .training(1.0, .5)
        .build();
  }
}
