package dev.millrace.trainer.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.protocol.run.CheckpointManifest;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Tests that a checkpoint within an epoch, here of step 2, is saved in parallel with the next
 * steps.
 */
class SavingBesideStepsTest {
  private static final String FIRST = "epoch-0000000001-step-0000000002/weights";
  private static final int NEXT_CHECKPOINT = 4;

  private final TrainerHarness run =
      new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));

  @Test
  void trainsUpToTheNextCheckpointDuringASave() {
    Thread training = Thread.currentThread();
    AtomicInteger stepsMeanwhile = new AtomicInteger();
    run.beforePut =
        key -> {
          if (key.contains(FIRST)) {
            await()
                .until(
                    () ->
                        run.steps == NEXT_CHECKPOINT
                            && training.getState() == Thread.State.WAITING);
            stepsMeanwhile.set(run.steps);
          }
        };
    assertThat(run.runProcess()).isTrue();
    assertThat(stepsMeanwhile).hasValue(NEXT_CHECKPOINT);
  }

  /** Tests that a checkpoint that is saved late contains the state after the step in its name. */
  @Test
  void savesTheStateOfItsStep() {
    TrainerHarness undisturbed = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
    undisturbed.runProcess();
    run.beforePut =
        key -> {
          if (key.contains(FIRST)) {
            await().until(() -> run.steps == NEXT_CHECKPOINT);
          } else if (key.contains("step-0000000004")) {
            throw new TrainerHarness.Killed();
          }
        };
    assertThatThrownBy(run::runProcess).isInstanceOf(TrainerHarness.Killed.class);
    assertThat(run.store.newest("r").map(CheckpointManifest::step)).hasValue(2L);
    run.beforePut = key -> {};
    assertThat(run.runProcess()).isTrue();
    assertThat(run.weights()).isEqualTo(undisturbed.weights());
  }

  @Test
  void failedSaveEndsTheRunBeforeTheNextCheckpoint() {
    run.beforePut =
        key -> {
          if (key.contains(FIRST)) {
            throw new IllegalArgumentException("the store refuses " + key);
          }
        };
    assertThatThrownBy(run::runProcess)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the store refuses");
    assertThat(run.store.checkpoints("r")).isEmpty();
    assertThat(run.steps).isLessThanOrEqualTo(NEXT_CHECKPOINT);
    assertThat(run.commits).isEmpty();
  }
}
