package dev.millrace.trainer.loop;

import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.stream.ResendRequest;
import java.util.function.Supplier;

/**
 * What the training loop tells the world. Implementations return quickly and do not throw; what
 * they leave out is told to nobody.
 */
public interface TrainerTelemetry {
  /** About once a second, and at each epoch's end, the run's end and its failure. */
  default void event(TrainingEvent event) {}

  default void stepCompleted(CompletedStep step) {}

  /**
   * A checkpoint is about to be saved by another thread; {@link #checkpointSaved} and {@link
   * #bestChanged} follow on that one. (After a restart the best may change before all of that.)
   *
   * @return the saving, as that thread is to do it
   */
  default Runnable checkpointBegun(CheckpointManifest manifest, Runnable saving) {
    return saving;
  }

  /**
   * @param bytes of weights and optimizer state
   */
  default void checkpointSaved(CheckpointManifest manifest, long bytes, double seconds) {}

  default void bestChanged(BestCheckpoint best) {}

  /** A wait that has begun; closed when it is over. */
  interface Waiting extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * The loop waits for something; see {@code dev.millrace.waits.Waits}.
   *
   * @param what completes the sentence "waiting for …"
   */
  default Waiting waiting(Supplier<String> what) {
    return () -> {};
  }

  /** Records of a partition were lost before they were trained; ingest was asked for them. */
  default void recordsLost(int partition, ResendRequest request) {}

  /** A record was handed to the dead-letter topic. */
  default void minibatchRejected(String where, String reason) {}

  /** A record that was trained before came again and was skipped. */
  default void minibatchRepeated(String where) {}

  /** A record was skipped that will come again, behind the lost ones before it. */
  default void minibatchTooEarly(String where) {}
}
