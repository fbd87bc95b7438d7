package dev.millrace.inference.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.inference.run.TrainingHistory.ProgressPoint;
import dev.millrace.inference.selection.RunSelector;
import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.run.TrainingEvent.Type;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TrainingHistoryTest {
  private static final int BATCHES = 100;

  private final TrainingHistory history = new TrainingHistory();

  @Test
  void progressIsPlacedInEpochs() {
    history.add(event("run", Type.PROGRESS, 3, 50));
    assertThat(history.points("run")).containsExactly(new ProgressPoint(2.5, 1, .5));
    assertThat(history.latest("run")).map(TrainingEvent::epoch).contains(3);
  }

  @Test
  void whatARunLeftWhenItWentBackToACheckpointIsForgotten() {
    history.add(event("run", Type.EPOCH, 1, BATCHES));
    history.add(event("run", Type.EPOCH, 2, BATCHES));
    history.add(event("run", Type.PROGRESS, 3, 50));
    history.add(event("run", Type.PROGRESS, 2, 20));
    assertThat(history.points("run")).extracting(ProgressPoint::epochs).containsExactly(1.0, 1.2);
    history.add(event("run", Type.EPOCH, 1, BATCHES));
    assertThat(history.epochs("run")).extracting(EpochMetrics::epoch).containsExactly(1);
  }

  @Test
  void aLongRunIsThinnedOutButKeepsItsEpochsAndItsShape() {
    int epochs = 100;
    for (int epoch = 1; epoch <= epochs; epoch++) {
      for (int batch = 1; batch < BATCHES; batch++) {
        history.add(event("run", Type.PROGRESS, epoch, batch));
      }
      history.add(event("run", Type.EPOCH, epoch, BATCHES));
    }
    assertThat(history.points("run"))
        .hasSizeBetween(TrainingHistory.POINTS_KEPT / 2, TrainingHistory.POINTS_KEPT)
        .isSortedAccordingTo((a, b) -> Double.compare(a.epochs(), b.epochs()));
    assertThat(history.points("run").get(0).epochs()).isLessThan(1);
    assertThat(history.epochs("run")).hasSize(epochs);
  }

  @Test
  void theNewestRunIsTheOneHeardOfLastAndOldOnesAreForgotten() {
    for (int i = 0; i <= TrainingHistory.RUNS_KEPT; i++) {
      history.add(event("run-" + i, Type.PROGRESS, 1, i));
    }
    assertThat(history.newestRun(RunSelector.ANY)).contains("run-" + TrainingHistory.RUNS_KEPT);
    assertThat(history.newestRun(RunSelector.of(Optional.of("run-3")))).contains("run-3");
    assertThat(history.newestRun(RunSelector.of(Optional.of("sweep-*")))).isEmpty();
    assertThat(history.points("run-0")).isEmpty();
    assertThat(history.points("run-1")).hasSize(1);
  }

  @Test
  void aRunThatFailedBeforeItsFirstStepHasNoPoints() {
    history.add(
        TrainingEvent.builder(Type.FAILED, "run")
            .time(Instant.EPOCH)
            .message("no such dataset")
            .build());
    assertThat(history.points("run")).isEmpty();
    assertThat(history.latest("run")).map(TrainingEvent::message).contains("no such dataset");
  }

  private static TrainingEvent event(String run, Type type, int epoch, int batch) {
    Instant time = Instant.EPOCH.plusSeconds(epoch * 1000L + batch);
    return TrainingEvent.builder(type, run)
        .time(time)
        .epoch(epoch, 100)
        .batch(batch, BATCHES)
        .training(1.0, .5)
        .validation(.9, .6)
        .build();
  }
}
