package dev.millrace.benchmarks;

import dev.millrace.model.BestCheckpoint;
import dev.millrace.model.CheckpointManifest;
import dev.millrace.protocol.TrainingEvent;
import dev.millrace.trainer.training.CompletedStep;
import dev.millrace.trainer.training.TrainerTelemetry;

/** Says nothing, unless a subclass does. */
class QuietTelemetry implements TrainerTelemetry {
  @Override
  public void event(TrainingEvent event) {}

  @Override
  public void stepCompleted(CompletedStep step) {}

  @Override
  public void checkpointBegun(String run, int epoch, long step) {}

  @Override
  public void checkpointSaved(CheckpointManifest manifest, long bytes, double seconds) {}

  @Override
  public void bestChanged(BestCheckpoint best) {}

  @Override
  public void minibatchRejected(String where, String reason) {}

  @Override
  public void minibatchRepeated(String where) {}
}
