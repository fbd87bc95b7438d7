package dev.millrace.trainer.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.run.PinnedCheckpoint;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests that old checkpoints are deleted, except a checkpoint that an operator has pinned. */
class PruningTest {
  private static final String FIRST = "epoch-0000000001-step-0000000002";

  @Test
  void keepsAPinnedCheckpoint() {
    TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
    run.runProcess();
    assertThat(run.store.checkpoints("r")).doesNotContain(FIRST);

    for (Optional<String> scope : List.of(Optional.of("r"), Optional.<String>empty())) {
      TrainerHarness pinned = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
      pinned.store.pin(
          scope, new PinnedCheckpoint(PinnedCheckpoint.SCHEMA, "r", FIRST, Instant.EPOCH));
      pinned.runProcess();
      assertThat(pinned.store.checkpoints("r")).contains(FIRST);
    }
  }

  @Test
  void pinsOfOtherRunsAndDamagedPinsProtectNothing() {
    TrainerHarness run = new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));
    run.store.pin(
        Optional.empty(),
        new PinnedCheckpoint(PinnedCheckpoint.SCHEMA, "other", FIRST, Instant.EPOCH));
    run.objects.put("runs/r/pin.json", "nonsense".getBytes(), "application/json");
    assertThat(run.runProcess()).isTrue();
    assertThat(run.store.checkpoints("r")).doesNotContain(FIRST);
  }
}
