package dev.millrace.inference.reload;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.reload.ReloadState.Refused;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.inference.reload.ServingHistory.Served;
import dev.millrace.inference.selection.BestFinder;
import dev.millrace.inference.selection.CheckpointCandidates;
import dev.millrace.inference.selection.ControlException;
import dev.millrace.inference.selection.FallbackCheckpoints;
import dev.millrace.inference.selection.RunSelector;
import dev.millrace.inference.serving.Classifier;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.PinnedCheckpoint;
import dev.millrace.store.StoreException;
import java.time.Clock;
import java.util.Collection;
import java.util.Optional;

/**
 * Keeps a {@link Classifier} on the checkpoint that should be served: the pinned one, else the
 * best. {@link CheckpointExchange} verifies a candidate and swaps it in.
 *
 * <p>Thread-safe. One thread at a time polls or changes the served checkpoint ({@link
 * ServingControl}).
 */
public final class CheckpointReloader {
  private final CheckpointStore store;
  private final CheckpointCandidates candidates;
  private final CheckpointExchange exchange;
  private final ReloadProgress progress;
  private final Clock clock;
  private final ReloadTelemetry telemetry;
  private final ServingHistory history = new ServingHistory();
  private volatile StoreStatus storeStatus;
  private volatile Optional<StoreException> storeFailure = Optional.empty();
  private String fallback;
  private volatile Optional<PinnedCheckpoint> pinned = Optional.empty();

  /**
   * Creates a reloader that has not polled yet.
   *
   * @param run selects the checkpoints, as in {@link BestFinder}
   */
  public CheckpointReloader(
      CheckpointStore store,
      RunSelector run,
      Classifier classifier,
      Clock clock,
      ReloadTelemetry telemetry) {
    this.store = store;
    this.candidates = new CheckpointCandidates(store, run);
    this.progress = new ReloadProgress(clock, telemetry);
    this.exchange = new CheckpointExchange(store, classifier, progress, history, telemetry);
    this.clock = clock;
    this.telemetry = telemetry;
    storeStatus = new StoreStatus(Optional.of("not asked yet"), clock.instant());
  }

  public ReloadState state() {
    return progress.state();
  }

  public StoreStatus storeStatus() {
    return storeStatus;
  }

  /** Returns the store's failure in the last poll; empty if it succeeded. */
  public Optional<StoreException> storeFailure() {
    return storeFailure;
  }

  /** Returns the pinned checkpoint as of the last poll. */
  public Optional<PinnedCheckpoint> pinned() {
    return pinned;
  }

  /** Returns the refused checkpoints and the reasons, oldest first. */
  public Collection<Refused> refused() {
    return progress.refused();
  }

  /**
   * Looks for a better checkpoint and swaps it in. Returns when it serves or is refused. A failure
   * of the store changes nothing and shows in {@link #storeStatus}. If nothing serves yet and the
   * best checkpoint is damaged, another one of its run is used.
   */
  public synchronized void poll() {
    try {
      CheckpointCandidates.Found found = candidates.find();
      pinned = found.pinned();
      if (pinned.isPresent()) {
        exchange.consider(pinned.get().run(), pinned.get().checkpoint(), true);
      }
      // A new replica must have a model even if the pinned checkpoint was deleted.
      if (found.best().isPresent() && (pinned.isEmpty() || state().serving().isEmpty())) {
        BestCheckpoint best = found.best().get();
        exchange.consider(best.run(), best.checkpoint(), false);
        if (state().serving().isEmpty()) {
          considerFallbacks(best);
        }
      }
      storeFailure = Optional.empty();
      setStoreStatus(found.problem().or(() -> fallbackProblem(found.best())));
    } catch (StoreException e) {
      storeFailure = Optional.of(e);
      abandonPoll(e.getMessage());
    } catch (RuntimeException e) {
      // A failed reload must not stop the served model. The health check shows the failure.
      telemetry.reloadFailed(e);
      abandonPoll("asking it failed: " + e);
    }
  }

  /**
   * Serves a checkpoint that an operator chose.
   *
   * @param weights empty if they must be fetched
   * @param commit runs after the verification and before the swap; if it fails, nothing changes
   * @throws ControlException if it fails its verification
   */
  synchronized Serving serve(
      CheckpointManifest manifest, Optional<byte[]> weights, Runnable commit) {
    if (progress.isServed(manifest.run(), manifest.id(), Optional.of(manifest))) {
      commit.run();
    } else {
      history.record(manifest, exchange.takeChosen(manifest, weights, commit));
    }
    return progress.serving();
  }

  /** Serves the previous checkpoint again; see {@link #serve}. */
  synchronized Serving rollback(Served previous, Runnable commit) {
    history.recordRollback(exchange.takeChosen(previous.checkpoint(), previous.weights(), commit));
    return progress.serving();
  }

  ServingHistory history() {
    return history;
  }

  void setPinned(Optional<PinnedCheckpoint> pin) {
    pinned = pin;
  }

  /** Ends this poll with a problem; the next one tries again. */
  private void abandonPoll(String problem) {
    progress.abandon();
    setStoreStatus(Optional.of(problem));
  }

  /** Serves another checkpoint of the run, since any model is better than none. */
  private void considerFallbacks(BestCheckpoint best) {
    for (CheckpointManifest other : FallbackCheckpoints.of(store, best.run())) {
      if (!other.id().equals(best.checkpoint())) {
        exchange.consider(other.run(), other.id(), false);
      }
      if (state().serving().isPresent()) {
        fallback = other.id();
        return;
      }
    }
  }

  /** Returns a message while a fallback serves. */
  private Optional<String> fallbackProblem(Optional<BestCheckpoint> best) {
    return best.filter(
            named ->
                state()
                    .serving()
                    .filter(serving -> serving.checkpoint().id().equals(fallback))
                    .filter(serving -> !serving.isNamed(named.run(), named.checkpoint()))
                    .isPresent())
        .map(
            named ->
                "best.json of run %s names %s, which cannot be served; serving %s, the best of those that can"
                    .formatted(named.run(), named.checkpoint(), fallback));
  }

  private void setStoreStatus(Optional<String> problem) {
    if (!storeStatus.problem().equals(problem)) {
      storeStatus = new StoreStatus(problem, clock.instant());
      telemetry.storeChanged(storeStatus);
    }
  }
}
