package dev.millrace.trainer.loop;

import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.stream.ResendRequest;
import java.util.function.Supplier;

/**
 * Receives the events of the training loop. Implementations return quickly and do not throw.
 * Methods that are not overridden ignore their event.
 */
public interface TrainerTelemetry {
  /**
   * Reports progress about once a second, the end of each epoch, the end of the run and its
   * failure.
   */
  default void event(TrainingEvent event) {}

  default void stepCompleted(CompletedStep step) {}

  /**
   * Reports that another thread is about to save a checkpoint. That thread then calls {@link
   * #checkpointSaved} and {@link #bestChanged}. After a restart, {@link #bestChanged} may be called
   * before any checkpoint is saved.
   *
   * @return the task that the other thread runs to save the checkpoint
   */
  default Runnable checkpointBegun(CheckpointManifest manifest, Runnable saving) {
    return saving;
  }

  /**
   * Reports that a checkpoint was saved.
   *
   * @param bytes size of the weights and the optimizer state
   */
  default void checkpointSaved(CheckpointManifest manifest, long bytes, double seconds) {}

  default void bestChanged(BestCheckpoint best) {}

  /** A wait that has begun; it is closed at its end. */
  interface Waiting extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Reports that the loop begins to wait; see {@code dev.millrace.waits.Waits}.
   *
   * @param what returns the text that completes the sentence "waiting for …"
   */
  default Waiting waiting(Supplier<String> what) {
    return () -> {};
  }

  /**
   * Reports that records of a partition were lost before they were trained and that ingest was
   * asked to publish them again.
   */
  default void recordsLost(int partition, ResendRequest request) {}

  /** Reports that a record was sent to the dead-letter topic. */
  default void minibatchRejected(String where, String reason) {}

  /** Reports that a record that was trained before was read again and skipped. */
  default void minibatchRepeated(String where) {}

  /**
   * Reports that a record was skipped because it follows lost records; it will be published again.
   */
  default void minibatchTooEarly(String where) {}
}
