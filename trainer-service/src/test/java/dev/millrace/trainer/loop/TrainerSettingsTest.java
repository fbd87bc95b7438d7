package dev.millrace.trainer.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.run.CheckpointManifest.Recipe;
import dev.millrace.trainer.loop.TrainerSettings.OnMalformed;
import dev.millrace.trainer.optimizer.Schedule;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TrainerSettingsTest {
  private static TrainerSettings shards(Integer shards) {
    return new TrainerSettings(
        "r",
        "tinyimagenet",
        1,
        0,
        new TrainerSettings.Sgd(0.1, 0.9, 0, Schedule.STEP),
        shards,
        1,
        new TrainerSettings.Checkpoints(1, 1),
        OnMalformed.STOP);
  }

  @Test
  void resumedRunKeepsItsShardsUnlessTheyAreSet() {
    Recipe eight = shards(8).recipe();

    assertThat(shards(null).withShardsOf(Optional.empty()).shards()).isEqualTo(4);
    assertThat(shards(null).withShardsOf(Optional.of(eight)).recipe()).isEqualTo(eight);
    assertThat(shards(2).withShardsOf(Optional.of(eight)).shards()).isEqualTo(2);
    assertThat(shards(null).withShardsOf(Optional.of(eight.withShards(null))).shards())
        .isEqualTo(4);
  }
}
