package dev.millrace.trainer.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.loop.TrainerSettings.OnMalformed;
import dev.millrace.trainer.stream.StreamException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a run that is killed at any point ends with the same bits as an undisturbed one. */
class ExactResumeIT {
  private static final TrainerHarness UNDISTURBED =
      new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));

  @BeforeAll
  static void runUndisturbed() {
    assertThat(UNDISTURBED.runProcess()).isTrue();
  }

  private static void assertSame(TrainerHarness run, String how) {
    assertThat(run.weights()).as(how).isEqualTo(UNDISTURBED.weights());
    assertThat(run.metrics()).as(how).isEqualTo(UNDISTURBED.metrics());
    assertThat(run.store.best("r")).as(how).isEqualTo(UNDISTURBED.store.best("r"));
    assertThat(run.store.checkpoints("r")).as(how).isEqualTo(UNDISTURBED.store.checkpoints("r"));
    assertThat(last(run.commits)).as(how).isEqualTo(last(UNDISTURBED.commits));
  }

  private static Map<Integer, Long> last(List<Map<Integer, Long>> commits) {
    return commits.get(commits.size() - 1);
  }

  @Test
  void repeatedRunIsBitIdentical() {
    TrainerHarness again = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
    again.runProcess();
    assertSame(again, "again");
    assertThat(again.steps).isEqualTo(TrainerHarness.EPOCHS * PublishedStream.BATCHES);
  }

  @Test
  void resumesExactlyFromAKillAtEveryEffect() {
    int effects = UNDISTURBED.effects();
    assertThat(effects).isGreaterThan(TrainerHarness.EPOCHS * PublishedStream.BATCHES);
    for (int effect = 0; effect < effects; effect++) {
      TrainerHarness run =
          new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS)).killAt(effect);
      assertThatThrownBy(run::runProcess).isInstanceOf(TrainerHarness.Killed.class);
      assertThat(run.runProcess()).isTrue();
      assertSame(run, "killed at effect " + effect);
    }
  }

  /**
   * Tests several numbers of partitions. With more partitions than minibatches, some partitions
   * contain only the ends of epochs.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 7})
  void weightsDoNotDependOnTheNumberOfPartitions(int partitions) {
    TrainerHarness run =
        new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS, partitions));
    assertThat(run.runProcess()).isTrue();
    assertThat(run.weights()).isEqualTo(UNDISTURBED.weights());
    assertThat(last(run.commits)).hasSize(partitions);
  }

  @Test
  void resumesExactlyFromAKillOnAPartitionedStream() {
    int partitions = 3;
    TrainerHarness shared =
        new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS, partitions));
    shared.runProcess();
    for (int effect = 0; effect < shared.effects(); effect++) {
      TrainerHarness run =
          new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS, partitions))
              .killAt(effect);
      assertThatThrownBy(run::runProcess).isInstanceOf(TrainerHarness.Killed.class);
      assertThat(run.runProcess()).isTrue();
      assertThat(run.weights()).as("killed at %d", effect).isEqualTo(UNDISTURBED.weights());
      assertThat(run.store.best("r")).isEqualTo(shared.store.best("r"));
      assertThat(last(run.commits)).isEqualTo(last(shared.commits));
    }
  }

  @Test
  void resumesExactlyAfterManyKills() {
    Random random = new Random(20261124);
    TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
    int kills = 0;
    while (kills < 100) {
      run.killAt(random.nextInt(12));
      try {
        run.runProcess();
        break;
      } catch (TrainerHarness.Killed e) {
        kills++;
      }
    }
    run.killAt(Integer.MAX_VALUE).runProcess();
    assertThat(kills).isGreaterThan(2);
    assertSame(run, kills + " kills");
  }

  @Test
  void doesNotResumeWithOtherSettings() {
    TrainerHarness run =
        new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS)).killAt(12);
    assertThatThrownBy(run::runProcess).isInstanceOf(TrainerHarness.Killed.class);
    assertThatThrownBy(() -> run.runProcess(TrainerHarness.settings(0.02, OnMalformed.STOP)))
        .isInstanceOf(StreamException.class)
        .hasMessageContaining("learningRate=0.01")
        .hasMessageContaining("learningRate=0.02")
        .hasMessageContaining("MILLRACE_TRAINER_RUN");
  }

  @Test
  void completeRunIsNotTrainedAgain() {
    TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
    run.runProcess();
    int steps = run.steps;
    assertThat(run.runProcess()).isTrue();
    assertThat(run.steps).isEqualTo(steps);
    assertSame(run, "twice");
  }
}
