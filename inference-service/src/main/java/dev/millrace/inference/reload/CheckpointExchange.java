package dev.millrace.inference.reload;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.serving.Classifier;
import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Duration;
import java.util.function.Supplier;

/** The three steps by which a checkpoint takes over, each told with the time that it took. */
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
   * @throws CheckpointRefusedException if the manifest names none
   * @throws dev.millrace.checkpoint.CorruptCheckpointException if they are not those that it names
   */
  byte[] fetch(CheckpointManifest manifest) {
    if (manifest.weights() == null) {
      throw new CheckpointRefusedException("manifest names no weights");
    }
    return timed(ReloadPhase.FETCH, () -> store.loadWeights(manifest));
  }

  /** As {@link CheckpointVerifier#verify}. */
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
