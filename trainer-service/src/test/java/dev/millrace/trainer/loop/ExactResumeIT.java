package dev.millrace.trainer.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.loop.TrainerSettings.OnMalformed;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a run that is killed at any point ends with the same bits as an undisturbed one. */
class ExactResumeIT {
  private static final Run UNDISTURBED = new Run(PublishedStream.train(Run.EPOCHS));

  @BeforeAll
  static void runUndisturbed() {
    assertThat(UNDISTURBED.live()).isTrue();
  }

  private static void assertSame(Run run, String how) {
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
  void aSecondUndisturbedRunIsTheSame() {
    Run again = new Run(PublishedStream.train(Run.EPOCHS));
    again.live();
    assertSame(again, "again");
    assertThat(again.steps).isEqualTo(Run.EPOCHS * PublishedStream.BATCHES);
  }

  @Test
  void killedAtAnyOfItsEffectsItEndsTheSame() {
    int effects = UNDISTURBED.effects();
    assertThat(effects).isGreaterThan(Run.EPOCHS * PublishedStream.BATCHES);
    for (int effect = 0; effect < effects; effect++) {
      Run run = new Run(PublishedStream.train(Run.EPOCHS)).killAt(effect);
      assertThatThrownBy(run::live).isInstanceOf(Run.Killed.class);
      assertThat(run.live()).isTrue();
      assertSame(run, "killed at effect " + effect);
    }
  }

  /**
   * Tests several numbers of partitions. With more partitions than minibatches, some partitions
   * contain only the ends of epochs.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 7})
  void onHoweverManyPartitionsTheStreamStandsTheBitsAreTheSame(int partitions) {
    Run run = new Run(PublishedStream.train(Run.EPOCHS, partitions));
    assertThat(run.live()).isTrue();
    assertThat(run.weights()).isEqualTo(UNDISTURBED.weights());
    assertThat(last(run.commits)).hasSize(partitions);
  }

  @Test
  void killedAnywhereBetweenThePartitionsItEndsTheSame() {
    int partitions = 3;
    Run shared = new Run(PublishedStream.train(Run.EPOCHS, partitions));
    shared.live();
    for (int effect = 0; effect < shared.effects(); effect++) {
      Run run = new Run(PublishedStream.train(Run.EPOCHS, partitions)).killAt(effect);
      assertThatThrownBy(run::live).isInstanceOf(Run.Killed.class);
      assertThat(run.live()).isTrue();
      assertThat(run.weights()).as("killed at %d", effect).isEqualTo(UNDISTURBED.weights());
      assertThat(run.store.best("r")).isEqualTo(shared.store.best("r"));
      assertThat(last(run.commits)).isEqualTo(last(shared.commits));
    }
  }

  @Test
  void killedAgainAndAgainItEndsTheSame() {
    Random random = new Random(20261124);
    Run run = new Run(PublishedStream.train(Run.EPOCHS));
    int kills = 0;
    while (kills < 100) {
      run.killAt(random.nextInt(12));
      try {
        run.live();
        break;
      } catch (Run.Killed e) {
        kills++;
      }
    }
    run.killAt(Integer.MAX_VALUE).live();
    assertThat(kills).isGreaterThan(2);
    assertSame(run, kills + " kills");
  }

  @Test
  void withOtherSettingsItDoesNotGoOn() {
    Run run = new Run(PublishedStream.train(Run.EPOCHS)).killAt(12);
    assertThatThrownBy(run::live).isInstanceOf(Run.Killed.class);
    assertThatThrownBy(() -> run.live(Run.settings(0.02, OnMalformed.STOP)))
        .isInstanceOf(StreamException.class)
        .hasMessageContaining("learningRate=0.01")
        .hasMessageContaining("learningRate=0.02")
        .hasMessageContaining("MILLRACE_TRAINER_RUN");
  }

  @Test
  void aCompleteRunTrainsNoMore() {
    Run run = new Run(PublishedStream.train(Run.EPOCHS));
    run.live();
    int steps = run.steps;
    assertThat(run.live()).isTrue();
    assertThat(run.steps).isEqualTo(steps);
    assertSame(run, "twice");
  }
}
