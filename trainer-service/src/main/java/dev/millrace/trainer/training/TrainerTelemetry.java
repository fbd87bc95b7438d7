package dev.millrace.trainer.training;

import dev.millrace.model.BestCheckpoint;
import dev.millrace.model.CheckpointManifest;
import dev.millrace.protocol.TrainingEvent;

/** What the training loop tells the world. Implementations return quickly and do not throw. */
public interface TrainerTelemetry {
  /** About once a second, and at each epoch's end, the run's end and its failure. */
  void event(TrainingEvent event);

  void stepCompleted(CompletedStep step);

  /** The position is about to be saved; {@link #checkpointSaved} follows on the same thread. */
  void checkpointBegun(String run, int epoch, long step);

  /**
   * @param bytes of weights and optimizer state
   */
  void checkpointSaved(CheckpointManifest manifest, long bytes, double seconds);

  void bestChanged(BestCheckpoint best);

  /** A record was handed to the dead-letter topic. */
  void minibatchRejected(String where, String reason);

  /** A record that was trained before came again and was skipped. */
  void minibatchRepeated(String where);
}
