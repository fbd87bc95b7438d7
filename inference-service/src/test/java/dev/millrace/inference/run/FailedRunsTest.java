package dev.millrace.inference.run;

import static dev.millrace.protocol.run.TrainingEvent.Type.FAILED;
import static dev.millrace.protocol.run.TrainingEvent.Type.PROGRESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.inference.selection.RunSelector;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.run.TrainingEvent.Type;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FailedRunsTest {
  private int second;

  private TrainingEvent event(Type type, String run) {
    second++;
    return RunEvents.event(type, run, Instant.EPOCH.plusSeconds(second));
  }

  @Test
  void aFailedRunOfASweepStaysUntilItGoesOn() {
    FailedRuns runs = new FailedRuns(RunSelector.of(Optional.of("sweep-*")));
    assertThat(runs.add(event(PROGRESS, "sweep-0"))).isTrue();
    assertThat(runs.add(event(FAILED, "sweep-0"))).isTrue();
    assertThat(runs.add(event(PROGRESS, "sweep-1"))).isTrue();
    assertThat(runs.add(event(PROGRESS, "sweep-1"))).isFalse();
    assertThat(runs.add(event(FAILED, "another"))).isFalse();
    assertThat(runs.all()).isEqualTo(Map.of("sweep-0", true, "sweep-1", false));
    assertThat(runs.add(event(PROGRESS, "sweep-0"))).isTrue();
    assertThat(runs.all()).isEqualTo(Map.of("sweep-0", false, "sweep-1", false));
  }

  @Test
  void whereAnyRunIsShownAFailureIsPastWhenARunGoesOnThatBeganLater() {
    FailedRuns runs = new FailedRuns(RunSelector.ANY);
    runs.add(event(PROGRESS, "beside"));
    runs.add(event(FAILED, "first"));
    runs.add(event(PROGRESS, "beside"));
    assertThat(runs.all()).isEqualTo(Map.of("beside", false, "first", true));
    runs.add(event(PROGRESS, "second"));
    assertThat(runs.all()).isEqualTo(Map.of("beside", false, "first", false, "second", false));
  }
}
