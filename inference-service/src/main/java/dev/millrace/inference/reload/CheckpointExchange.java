package dev.millrace.inference.reload;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.serving.Classifier;
import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Duration;
import java.util.function.Supplier;

/** Fetches, verifies and swaps in a checkpoint, and reports the duration of each step. */
final class CheckpointExchange {
  private final CheckpointStore store;
  private final Classifier classifier;
  private final ReloadTelemetry telemetry;

  CheckpointExchange(CheckpointStore store, Classifier classifier, ReloadTelemetry telemetry) {
    this.store = store;
    this.classifier = classifier;
    this.telemetry = telemetry;
  }

  /**
   * Fetches the weights and compares their hash.
   *
   * @throws CheckpointRefusedException if the manifest names no weights
   * @throws dev.millrace.checkpoint.CorruptCheckpointException if the hash differs
   */
  byte[] fetch(CheckpointManifest manifest) {
    if (manifest.weights() == null) {
      throw new CheckpointRefusedException("manifest names no weights");
    }
    return timed(ReloadPhase.FETCH, () -> store.loadWeights(manifest));
  }

  /** Builds and verifies the network; see {@link CheckpointVerifier#verify}. */
  VerifiedNetwork verify(CheckpointManifest manifest, byte[] weights) {
    return timed(ReloadPhase.VERIFY, () -> CheckpointVerifier.verify(manifest, weights));
  }

  void swap(VerifiedNetwork network) {
    long begin = System.nanoTime();
    classifier.replace(network);
    completed(ReloadPhase.SWAP, begin);
  }

  private <T> T timed(ReloadPhase phase, Supplier<T> work) {
    long begin = System.nanoTime();
    T result = work.get();
    completed(phase, begin);
    return result;
  }

  private void completed(ReloadPhase phase, long begin) {
    telemetry.reloadPhaseCompleted(phase, Duration.ofNanos(System.nanoTime() - begin));
  }
}
