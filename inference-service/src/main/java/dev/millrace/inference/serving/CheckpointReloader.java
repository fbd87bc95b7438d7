package dev.millrace.inference.serving;

import dev.millrace.inference.serving.ReloadState.Refused;
import dev.millrace.inference.serving.ReloadState.Serving;
import dev.millrace.inference.serving.ReloadState.Verifying;
import dev.millrace.inference.serving.ServingHistory.Served;
import dev.millrace.model.BestCheckpoint;
import dev.millrace.model.CheckpointManifest;
import dev.millrace.model.CheckpointManifest.CheckpointMetrics;
import dev.millrace.model.CheckpointStore;
import dev.millrace.model.CorruptCheckpointException;
import dev.millrace.model.PinnedCheckpoint;
import dev.millrace.model.StoreUnavailableException;
import dev.millrace.protocol.MalformedException;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/**
 * Keeps a {@link Classifier} at the checkpoint that should be served: the pinned one, else the
 * best. A candidate is fetched, its hash compared, its network built and its probe replayed before
 * it takes over; one that fails is refused, once, and the old one serves on.
 *
 * <p>Thread-safe; one thread at a time polls or does what a person wants ({@link ServingControl}).
 */
public final class CheckpointReloader {
  private final CheckpointStore store;
  private final CheckpointCandidates candidates;
  private final Classifier classifier;
  private final Clock clock;
  private final ServingTelemetry telemetry;
  private final Refusals refusals = new Refusals();
  private final ServingHistory history = new ServingHistory();
  private volatile ReloadState state = new ReloadState.Empty();
  private volatile StoreStatus storeStatus;
  private volatile Optional<PinnedCheckpoint> pinned = Optional.empty();

  /**
   * @param run whose best checkpoint is served; {@code PREFIX*} for the best of all runs named so;
   *     empty for the newest run that has one
   */
  public CheckpointReloader(
      CheckpointStore store,
      Optional<String> run,
      Classifier classifier,
      Clock clock,
      ServingTelemetry telemetry) {
    this.store = store;
    this.candidates = new CheckpointCandidates(store, run);
    this.classifier = classifier;
    this.clock = clock;
    this.telemetry = telemetry;
    storeStatus = new StoreStatus(Optional.of("not asked yet"), clock.instant());
  }

  public ReloadState state() {
    return state;
  }

  public StoreStatus storeStatus() {
    return storeStatus;
  }

  /** What a person holds, as of the last poll. */
  public Optional<PinnedCheckpoint> pinned() {
    return pinned;
  }

  /** The checkpoints that were refused and why, oldest first. */
  public Collection<Refused> refused() {
    return refusals.all();
  }

  /**
   * Looks for a better checkpoint and takes it. Returns when it serves or is refused; an
   * unreachable store leaves everything as it is and shows in {@link #storeStatus}.
   */
  public synchronized void poll() throws InterruptedException {
    try {
      CheckpointCandidates.Found found = candidates.find();
      storeIs(found.problem());
      pinned = found.pinned();
      if (pinned.isPresent()) {
        consider(pinned.get().run(), pinned.get().checkpoint(), true);
      }
      // A pin that cannot be served, deleted say, must not leave a new replica without a model.
      if (found.best().isPresent() && (pinned.isEmpty() || state.serving().isEmpty())) {
        BestCheckpoint best = found.best().get();
        consider(best.run(), best.checkpoint(), false);
      }
    } catch (StoreUnavailableException e) {
      giveUp(e.getMessage());
    } catch (RuntimeException e) {
      // Whatever is wrong with reloading, the model that serves goes on serving; this is shown.
      telemetry.reloadFailed(e);
      giveUp("asking it failed: " + e);
    }
  }

  /**
   * Takes a checkpoint because a person wants it.
   *
   * @param weights if they need not be fetched
   * @param commit done when the checkpoint is proven, before it takes over; if it fails, nothing
   *     takes over
   * @throws ControlException if it fails its verification
   */
  synchronized Serving serve(CheckpointManifest manifest, Optional<byte[]> weights, Runnable commit)
      throws InterruptedException {
    if (isServed(manifest.run(), manifest.id(), Optional.of(manifest))) {
      commit.run();
      return state.serving().orElseThrow();
    }
    byte[] proven = exchange(manifest, weights, commit);
    history.took(manifest, proven);
    return state.serving().orElseThrow();
  }

  /** As {@link #serve}, with what served before. */
  synchronized Serving goBack(Served previous, Runnable commit) throws InterruptedException {
    history.wentBack(exchange(previous.checkpoint(), previous.weights(), commit));
    return state.serving().orElseThrow();
  }

  private byte[] exchange(CheckpointManifest manifest, Optional<byte[]> weights, Runnable commit)
      throws InterruptedException {
    Verifying verifying = state.verifying(manifest.run(), manifest.id());
    become(verifying);
    try {
      byte[] bytes = weights.isPresent() ? weights.get() : weights(manifest);
      VerifiedNetwork network = verified(manifest, bytes);
      try {
        commit.run();
      } catch (RuntimeException e) {
        network.close();
        throw e;
      }
      exchange(network);
      become(verifying.accepted(manifest, clock.instant()));
      refusals.forget(manifest.run(), manifest.id());
      return bytes;
    } catch (RefusedException | CorruptCheckpointException e) {
      refuse(verifying, Optional.of(manifest), e.getMessage());
      throw new ControlException(ControlException.Kind.REFUSED, e.getMessage());
    } finally {
      abandon();
    }
  }

  ServingHistory history() {
    return history;
  }

  void pinnedIs(Optional<PinnedCheckpoint> pin) {
    pinned = pin;
  }

  /** Until the next poll. What was being verified will be verified again. */
  private void giveUp(String problem) {
    abandon();
    storeIs(Optional.of(problem));
  }

  private void abandon() {
    if (state instanceof Verifying verifying) {
      become(verifying.abandoned());
    }
  }

  private void consider(String run, String checkpoint, boolean byHand) throws InterruptedException {
    Optional<CheckpointManifest> manifest;
    String unreadable = "its manifest.json is missing";
    try {
      manifest = store.manifest(run, checkpoint);
    } catch (MalformedException e) {
      manifest = Optional.empty();
      unreadable = "its manifest.json is " + e.getMessage();
    }
    if (isServed(run, checkpoint, manifest)) {
      if (state instanceof Refused) {
        become(state.serving().orElseThrow());
      }
      return;
    }
    if (refusals.isKnown(run, checkpoint, manifest)) {
      return;
    }
    Optional<String> worse = byHand ? Optional.empty() : manifest.flatMap(this::worse);
    if (worse.isPresent() && refusals.isLast(state, run, checkpoint, worse.get())) {
      return;
    }
    Verifying verifying = state.verifying(run, checkpoint);
    become(verifying);
    if (manifest.isEmpty()) {
      refuse(verifying, Optional.empty(), unreadable);
    } else if (worse.isPresent()) {
      // Not for ever: what serves may be another one when it is asked again.
      Refused refusal = verifying.refused(worse.get(), clock.instant());
      refusals.rememberComparison(refusal);
      become(refusal);
    } else {
      take(verifying, manifest.get());
    }
  }

  /** A served checkpoint that was deleted since is served nevertheless. */
  private boolean isServed(String run, String checkpoint, Optional<CheckpointManifest> manifest) {
    return state
        .serving()
        .filter(
            serving -> manifest.map(serving::is).orElseGet(() -> serving.isNamed(run, checkpoint)))
        .isPresent();
  }

  /** Why a checkpoint of the run that serves should not take over. */
  private Optional<String> worse(CheckpointManifest candidate) {
    CheckpointManifest serving = state.serving().map(Serving::checkpoint).orElse(null);
    CheckpointMetrics offered = candidate.metrics();
    if (serving == null
        || offered == null
        || serving.metrics() == null
        || !serving.run().equals(candidate.run())
        || offered.validationAccuracy() >= serving.metrics().validationAccuracy()) {
      return Optional.empty();
    }
    return Optional.of(
        "its validation accuracy %s is less than the %s of %s, which serves; promote it by hand if it shall serve"
            .formatted(
                offered.validationAccuracy(),
                serving.metrics().validationAccuracy(),
                serving.id()));
  }

  private void take(Verifying verifying, CheckpointManifest manifest) throws InterruptedException {
    try {
      if (!verifying.run().equals(manifest.run())
          || !verifying.checkpoint().equals(manifest.id())) {
        throw new RefusedException(
            "its manifest is that of %s in run %s".formatted(manifest.id(), manifest.run()));
      }
      byte[] weights = weights(manifest);
      exchange(verified(manifest, weights));
      history.took(manifest, weights);
      become(verifying.accepted(manifest, clock.instant()));
      refusals.forget(manifest.run(), manifest.id());
    } catch (RefusedException | CorruptCheckpointException e) {
      refuse(verifying, Optional.of(manifest), e.getMessage());
    }
  }

  private byte[] weights(CheckpointManifest manifest) {
    if (manifest.weights() == null) {
      throw new RefusedException("manifest names no weights");
    }
    return timed(ReloadPhase.FETCH, () -> store.loadWeights(manifest));
  }

  private VerifiedNetwork verified(CheckpointManifest manifest, byte[] weights) {
    return timed(ReloadPhase.VERIFY, () -> CheckpointVerifier.verify(manifest, weights));
  }

  private <T> T timed(ReloadPhase phase, Supplier<T> work) {
    long begin = System.nanoTime();
    T result = work.get();
    telemetry.reloadPhaseCompleted(phase, Duration.ofNanos(System.nanoTime() - begin));
    return result;
  }

  private void exchange(VerifiedNetwork network) throws InterruptedException {
    long begin = System.nanoTime();
    try {
      classifier.replace(network).toCompletableFuture().get();
      telemetry.reloadPhaseCompleted(ReloadPhase.SWAP, Duration.ofNanos(System.nanoTime() - begin));
    } catch (ExecutionException e) {
      throw new IllegalStateException("the classifier did not take the network", e.getCause());
    }
  }

  private void refuse(Verifying verifying, Optional<CheckpointManifest> manifest, String reason) {
    Refused refusal = verifying.refused(reason, clock.instant());
    refusals.remember(refusal, manifest);
    become(refusal);
  }

  private void become(ReloadState next) {
    state = next;
    telemetry.reloadChanged(next);
  }

  private void storeIs(Optional<String> problem) {
    if (!storeStatus.problem().equals(problem)) {
      storeStatus = new StoreStatus(problem, clock.instant());
      telemetry.storeChanged(storeStatus);
    }
  }
}
