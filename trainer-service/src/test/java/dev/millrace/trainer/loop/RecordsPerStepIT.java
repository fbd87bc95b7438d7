package dev.millrace.trainer.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.trainer.loop.TrainerSettings.OnMalformed;
import dev.millrace.trainer.stream.StreamException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests runs whose steps take several minibatches. An epoch has five of them. */
class RecordsPerStepIT {
  private static TrainerHarness complete(int recordsPerStep, int partitions) {
    TrainerHarness run =
        new TrainerHarness(
            PublishedStream.train(TrainerHarness.EPOCHS, partitions), recordsPerStep);
    assertThat(run.runProcess()).isTrue();
    return run;
  }

  private static Map<Integer, Long> last(List<Map<Integer, Long>> commits) {
    return commits.get(commits.size() - 1);
  }

  @ParameterizedTest
  @CsvSource({"1, 5", "2, 3", "3, 2", "5, 1", "8, 1"})
  void lastStepOfAnEpochTakesTheRest(int recordsPerStep, int stepsPerEpoch) {
    TrainerHarness run = complete(recordsPerStep, 1);
    assertThat(run.steps).isEqualTo(TrainerHarness.EPOCHS * stepsPerEpoch);
    assertThat(run.metrics())
        .extracting(EpochMetrics::step)
        .containsExactly((long) stepsPerEpoch, 2L * stepsPerEpoch);
    CheckpointManifest newest = run.store.newest("r").orElseThrow();
    assertThat(newest.progress().batches()).isEqualTo(PublishedStream.BATCHES);
    assertThat(newest.recipe().recordsPerStep()).isEqualTo(recordsPerStep);
    assertThat(last(run.commits)).isEqualTo(Map.of(0, 12L));
  }

  /** The rate of one-cycle follows the steps, of which there are four in this run. */
  @Test
  void scheduleCountsSteps() {
    assertThat(complete(3, 1).rates).containsExactly(rate(0), rate(1), rate(2), rate(3));
  }

  private static double rate(int step) {
    return TrainerHarness.settings(0.01, OnMalformed.STOP)
        .sgd()
        .schedule()
        .rate(0.01, step, 2, TrainerHarness.EPOCHS);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 8})
  void resumesExactlyFromAKillAtEveryEffect(int recordsPerStep) {
    TrainerHarness undisturbed = complete(recordsPerStep, 2);
    for (int effect = 0; effect < undisturbed.effects(); effect++) {
      TrainerHarness run =
          new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS, 2), recordsPerStep)
              .killAt(effect);
      assertThatThrownBy(run::runProcess).isInstanceOf(TrainerHarness.Killed.class);
      assertThat(run.runProcess()).isTrue();
      String how = "killed at effect " + effect;
      assertThat(run.weights()).as(how).isEqualTo(undisturbed.weights());
      assertThat(run.metrics()).as(how).isEqualTo(undisturbed.metrics());
      assertThat(run.store.best("r")).as(how).isEqualTo(undisturbed.store.best("r"));
      assertThat(last(run.commits)).as(how).isEqualTo(last(undisturbed.commits));
    }
  }

  /** A checkpoint within a step would lose the records that the step has already taken. */
  @Test
  void stopWithinAStepSavesTheStepBefore() {
    TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS), 3);
    run.stopAt = 4;
    assertThat(run.runProcess()).isFalse();
    CheckpointManifest saved = run.store.newest("r").orElseThrow();
    assertThat(saved.step()).isEqualTo(1);
    assertThat(saved.progress().batches()).isEqualTo(3);
    assertThat(saved.nextOffsets()).isEqualTo(Map.of(0, 3L));
    run.stopAt = Long.MAX_VALUE;
    assertThat(run.runProcess()).isTrue();
    assertThat(run.weights()).isEqualTo(complete(3, 1).weights());
  }

  /** While a step waits for its records, the trained steps before it are saved. */
  @Test
  void idleStreamWithinAStepSavesTheStepBefore() {
    TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS), 3);
    run.idleAt.add(4L);
    assertThat(run.runProcess()).isTrue();
    assertThat(run.commits).contains(Map.of(0, 3L));
    assertThat(run.weights()).isEqualTo(complete(3, 1).weights());
  }

  @Test
  void recordsLostWithinAStepArePublishedAgain() {
    TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS), 3);
    run.begins.put(0, 5L);
    assertThat(run.runProcess()).isTrue();
    assertThat(run.weights()).isEqualTo(complete(3, 1).weights());
  }

  /** A skipped record keeps its place, so that the boundaries of steps do not depend on it. */
  @Test
  void skippedRecordLeavesItsPlaceEmpty() {
    PublishedStream stream =
        PublishedStream.train(TrainerHarness.EPOCHS).withValue(1, broken()).redigest(1);
    TrainerHarness run =
        new TrainerHarness(stream, TrainerHarness.settings(0.01, OnMalformed.SKIP, 3));
    assertThat(run.runProcess()).isTrue();
    assertThat(run.images).containsExactly(16, 11, 24, 11);
    assertThat(run.metrics()).extracting(EpochMetrics::rejected).containsExactly(1, 0);
  }

  @Test
  void stepWithoutReadableRecordsIsSkipped() {
    PublishedStream stream = PublishedStream.train(TrainerHarness.EPOCHS);
    stream.withValue(3, broken()).withValue(4, broken()).redigest(1);
    TrainerHarness run =
        new TrainerHarness(stream, TrainerHarness.settings(0.01, OnMalformed.SKIP, 3));
    assertThat(run.runProcess()).isTrue();
    assertThat(run.images).containsExactly(24, 24, 11);
    assertThat(run.rates).containsExactly(rate(0), rate(2), rate(3));
  }

  private static byte[] broken() {
    return "no minibatch".getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void anotherNumberIsRefused() {
    TrainerHarness run = complete(3, 1);
    assertThatThrownBy(() -> run.runProcess(TrainerHarness.settings(0.01, OnMalformed.STOP, 2)))
        .isInstanceOf(StreamException.class)
        .hasMessageContaining("recordsPerStep=3")
        .hasMessageContaining("recordsPerStep=2");
  }
}
