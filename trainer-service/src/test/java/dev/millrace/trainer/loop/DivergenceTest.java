package dev.millrace.trainer.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.trainer.loop.TrainerSettings.OnMalformed;
import dev.millrace.trainer.stream.StreamException;
import org.junit.jupiter.api.Test;

class DivergenceTest {
  @Test
  void nonFiniteLossStopsTheRunAndItsWeightsAreNotSaved() {
    TrainerHarness run =
        new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS), OnMalformed.STOP, 100);
    assertThatThrownBy(run::runProcess)
        .isInstanceOf(StreamException.class)
        .hasMessageContainingAll(
            "at step ", "learning rate ", "the last finite checkpoint is ", "epoch 1");
    // A restart fails in the same way and saves nothing either.
    assertThatThrownBy(run::runProcess).isInstanceOf(StreamException.class);
    assertThat(run.store.best("r").map(BestCheckpoint::checkpoint)).isEmpty();
    for (String id : run.store.checkpoints("r")) {
      CheckpointManifest manifest = run.store.manifest("r", id).orElseThrow();
      assertThat(manifest.progress().lossSum()).isFinite();
    }
  }
}
