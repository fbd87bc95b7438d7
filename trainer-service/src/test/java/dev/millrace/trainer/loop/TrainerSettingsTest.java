package dev.millrace.trainer.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.run.CheckpointManifest.Recipe;
import dev.millrace.trainer.loop.TrainerSettings.OnMalformed;
import dev.millrace.trainer.optimizer.Schedule;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainerSettingsTest {
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          ../up, 1, 0.1, 0.9, 0.0005, 1, 1, 4, MILLRACE_TRAINER_RUN is '../up'
          r,     0, 0.1, 0.9, 0.0005, 1, 1, 4, MILLRACE_TRAINER_EPOCHS is '0'
          r,     1, 0.0, 0.9, 0.0005, 1, 1, 4, MILLRACE_TRAINER_LEARNING_RATE is '0.0'
          r,     1, NaN, 0.9, 0.0005, 1, 1, 4, MILLRACE_TRAINER_LEARNING_RATE is 'NaN'
          r,     1, 0.1, 1.0, 0.0005, 1, 1, 4, MILLRACE_TRAINER_MOMENTUM is '1.0'
          r,     1, 0.1, 0.9, -1,     1, 1, 4, MILLRACE_TRAINER_WEIGHT_DECAY is '-1.0'
          r,     1, 0.1, 0.9, 0.0005, 0, 1, 4, MILLRACE_TRAINER_CHECKPOINT_EVERY_STEPS is '0'
          r,     1, 0.1, 0.9, 0.0005, 1, 0, 4, MILLRACE_TRAINER_KEEP_CHECKPOINTS is '0'
          r,     1, 0.1, 0.9, 0.0005, 1, 1, 0, MILLRACE_TRAINER_SHARDS is '0'
          r,     1, 0.1, 0.9, 0.0005, 1, 1, 257, MILLRACE_TRAINER_SHARDS is '257'
          """)
  void aValueOutOfRangeIsRefusedWithItsNameAndWhatIsAllowed(
      String run,
      int epochs,
      double rate,
      double momentum,
      double decay,
      int every,
      int keep,
      int shards,
      String says) {
    assertThatThrownBy(
            () ->
                new TrainerSettings(
                    run,
                    "tinyimagenet",
                    epochs,
                    0,
                    rate,
                    momentum,
                    decay,
                    Schedule.STEP,
                    shards,
                    every,
                    keep,
                    OnMalformed.STOP))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(says)
        .hasMessageContaining("allowed: ");
  }

  private static TrainerSettings shards(Integer shards) {
    return new TrainerSettings(
        "r", "tinyimagenet", 1, 0, 0.1, 0.9, 0, Schedule.STEP, shards, 1, 1, OnMalformed.STOP);
  }

  @Test
  void aResumedRunKeepsItsShardsUnlessTheSettingSaysOtherwise() {
    Recipe eight = shards(8).recipe();

    assertThat(shards(null).withShardsOf(Optional.empty()).shards()).isEqualTo(4);
    assertThat(shards(null).withShardsOf(Optional.of(eight)).recipe()).isEqualTo(eight);
    assertThat(shards(2).withShardsOf(Optional.of(eight)).shards()).isEqualTo(2);
    assertThat(shards(null).withShardsOf(Optional.of(eight.withShards(null))).shards())
        .isEqualTo(4);
  }
}
