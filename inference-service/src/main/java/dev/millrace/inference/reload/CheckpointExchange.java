package dev.millrace.inference.reload;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.checkpoint.CorruptCheckpointException;
import dev.millrace.inference.reload.ReloadState.Verifying;
import dev.millrace.inference.selection.ControlException;
import dev.millrace.inference.serving.Classifier;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Puts one checkpoint into service. Before it is swapped in, it is fetched, its hash is compared,
 * its network is built and its probe is replayed. A checkpoint that fails is refused once, and the
 * old one keeps serving. Used by one thread at a time.
 */
final class CheckpointExchange {
  private final CheckpointStore store;
  private final Classifier classifier;
  private final ReloadProgress progress;
  private final ServingHistory history;
  private final ReloadTelemetry telemetry;

  CheckpointExchange(
      CheckpointStore store,
      Classifier classifier,
      ReloadProgress progress,
      ServingHistory history,
      ReloadTelemetry telemetry) {
    this.store = store;
    this.classifier = classifier;
    this.progress = progress;
    this.history = history;
    this.telemetry = telemetry;
  }

  /**
   * Takes a checkpoint unless it serves, was refused before, or is worse than the served one.
   *
   * @param byHand whether an operator chose it, so that it may be worse
   */
  void consider(String run, String checkpoint, boolean byHand) {
    Optional<CheckpointManifest> manifest;
    String unreadable = "its manifest.json is missing";
    try {
      manifest = store.manifest(run, checkpoint);
    } catch (MalformedException e) {
      manifest = Optional.empty();
      unreadable = "its manifest.json is " + e.getMessage();
    }
    if (progress.isServed(run, checkpoint, manifest)) {
      progress.resumeServing();
      return;
    }
    if (progress.isRefused(run, checkpoint, manifest)) {
      return;
    }
    Optional<String> worse =
        byHand
            ? Optional.empty()
            : manifest.flatMap(
                offered ->
                    progress.state().serving().flatMap(serving -> serving.reasonToReject(offered)));
    if (worse.isPresent() && progress.isRepeatedRefusal(run, checkpoint, worse.get())) {
      return;
    }
    Verifying verifying = progress.verifying(run, checkpoint);
    if (manifest.isEmpty()) {
      progress.refuse(verifying, Optional.empty(), unreadable);
    } else if (worse.isPresent()) {
      progress.refuseAsWorse(verifying, worse.get());
    } else {
      takeBest(verifying, manifest.get());
    }
  }

  private void takeBest(Verifying verifying, CheckpointManifest manifest) {
    try {
      if (!verifying.run().equals(manifest.run())
          || !verifying.checkpoint().equals(manifest.id())) {
        throw new CheckpointRefusedException(
            "its manifest is that of %s in run %s".formatted(manifest.id(), manifest.run()));
      }
      byte[] weights = fetch(manifest);
      swap(verify(manifest, weights));
      history.record(manifest, weights);
      progress.accept(verifying, manifest);
    } catch (CheckpointRefusedException | CorruptCheckpointException e) {
      progress.refuse(verifying, Optional.of(manifest), e.getMessage());
    }
  }

  /**
   * Takes a checkpoint that an operator chose.
   *
   * @param weights empty if they must be fetched
   * @param commit runs after the verification and before the swap; if it fails, nothing changes
   * @return the weights
   * @throws ControlException if it fails its verification
   */
  byte[] takeChosen(CheckpointManifest manifest, Optional<byte[]> weights, Runnable commit) {
    Verifying verifying = progress.verifying(manifest.run(), manifest.id());
    try {
      byte[] bytes = weights.isPresent() ? weights.get() : fetch(manifest);
      VerifiedNetwork network = verify(manifest, bytes);
      try {
        commit.run();
      } catch (RuntimeException e) {
        network.close();
        throw e;
      }
      swap(network);
      progress.accept(verifying, manifest);
      return bytes;
    } catch (CheckpointRefusedException | CorruptCheckpointException e) {
      progress.refuse(verifying, Optional.of(manifest), e.getMessage());
      throw new ControlException(ControlException.Kind.REFUSED, e.getMessage());
    } finally {
      progress.abandon();
    }
  }

  /**
   * Fetches the weights and compares their hash.
   *
   * @throws CheckpointRefusedException if the manifest names no weights
   * @throws dev.millrace.checkpoint.CorruptCheckpointException if the hash differs
   */
  private byte[] fetch(CheckpointManifest manifest) {
    if (manifest.weights() == null) {
      throw new CheckpointRefusedException("manifest names no weights");
    }
    return timed(ReloadPhase.FETCH, () -> store.loadWeights(manifest));
  }

  /** Builds and verifies the network; see {@link CheckpointVerifier#verify}. */
  private VerifiedNetwork verify(CheckpointManifest manifest, byte[] weights) {
    return timed(ReloadPhase.VERIFY, () -> CheckpointVerifier.verify(manifest, weights));
  }

  private void swap(VerifiedNetwork network) {
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
