package dev.millrace.inference.serving;

import dev.millrace.inference.serving.ReloadState.Refused;
import dev.millrace.inference.serving.ReloadState.Verifying;
import dev.millrace.model.BestCheckpoint;
import dev.millrace.model.CheckpointManifest;
import dev.millrace.model.CheckpointStore;
import dev.millrace.model.CorruptCheckpointException;
import dev.millrace.model.StoreUnavailableException;
import dev.millrace.protocol.MalformedException;
import java.time.Clock;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

/**
 * Keeps a {@link Classifier} at the best checkpoint of the store. A candidate is fetched, its hash
 * compared, its network built and its probe replayed before it takes over; one that fails is
 * refused, once, and the old one serves on.
 *
 * <p>Thread-safe; {@link #poll} runs in one thread at a time.
 */
public final class CheckpointReloader {
  private static final int REFUSALS_KEPT = 100;

  /**
   * @param manifest hash of the manifest that was refused; empty if that was missing or unreadable
   */
  private record Refusal(Optional<String> manifest, Refused state) {}

  private final CheckpointStore store;
  private final BestFinder finder;
  private final Classifier classifier;
  private final Clock clock;
  private final ServingTelemetry telemetry;
  private final Map<String, Refusal> refusals =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Refusal> eldest) {
          return size() > REFUSALS_KEPT;
        }
      };
  private volatile List<Refused> refused = List.of();
  private volatile ReloadState state = new ReloadState.Empty();
  private volatile StoreStatus storeStatus;

  /**
   * @param run whose best checkpoint is served; empty for the newest run that has one
   */
  public CheckpointReloader(
      CheckpointStore store,
      Optional<String> run,
      Classifier classifier,
      Clock clock,
      ServingTelemetry telemetry) {
    this.store = store;
    this.finder = new BestFinder(store, run);
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

  /** The checkpoints that were refused and why, oldest first. */
  public Collection<Refused> refused() {
    return refused;
  }

  /**
   * Looks for a better checkpoint and takes it. Returns when it serves or is refused; an
   * unreachable store leaves everything as it is and shows in {@link #storeStatus}.
   */
  public synchronized void poll() throws InterruptedException {
    try {
      BestFinder.Found found = finder.find();
      storeIs(found.problem());
      if (found.best().isPresent()) {
        consider(found.best().get());
      }
    } catch (StoreUnavailableException e) {
      giveUp(e.getMessage());
    } catch (RuntimeException e) {
      // Whatever is wrong with reloading, the model that serves goes on serving; this is shown.
      telemetry.reloadFailed(e);
      giveUp("asking it failed: " + e);
    }
  }

  /** Until the next poll. What was being verified will be verified again. */
  private void giveUp(String problem) {
    if (state instanceof Verifying verifying) {
      become(verifying.abandoned());
    }
    storeIs(Optional.of(problem));
  }

  private void consider(BestCheckpoint best) throws InterruptedException {
    Optional<CheckpointManifest> manifest;
    String unreadable = "its manifest.json is missing";
    try {
      manifest = store.manifest(best.run(), best.checkpoint());
    } catch (MalformedException e) {
      manifest = Optional.empty();
      unreadable = "its manifest.json is " + e.getMessage();
    }
    if (manifest.isPresent() && isServed(manifest.get())) {
      if (state instanceof Refused) {
        become(state.serving().orElseThrow());
      }
      return;
    }
    Refusal earlier = refusals.get(key(best.run(), best.checkpoint()));
    if (earlier != null && earlier.manifest.equals(manifest.map(ReloadState::hash))) {
      return;
    }
    Verifying verifying = state.verifying(best.run(), best.checkpoint());
    become(verifying);
    if (manifest.isPresent()) {
      take(verifying, manifest.get());
    } else {
      refuse(verifying, Optional.empty(), unreadable);
    }
  }

  private boolean isServed(CheckpointManifest manifest) {
    return state.serving().filter(serving -> serving.is(manifest)).isPresent();
  }

  private void take(Verifying verifying, CheckpointManifest manifest) throws InterruptedException {
    try {
      if (!verifying.run().equals(manifest.run())
          || !verifying.checkpoint().equals(manifest.id())) {
        throw new RefusedException(
            "its manifest is that of %s in run %s".formatted(manifest.id(), manifest.run()));
      }
      if (manifest.weights() == null) {
        throw new RefusedException("manifest names no weights");
      }
      VerifiedNetwork network = CheckpointVerifier.verify(manifest, store.loadWeights(manifest));
      classifier.replace(network).toCompletableFuture().get();
      refusals.remove(key(manifest.run(), manifest.id()));
      refused = refusals.values().stream().map(Refusal::state).toList();
      become(verifying.accepted(manifest, clock.instant()));
    } catch (RefusedException | CorruptCheckpointException e) {
      refuse(verifying, Optional.of(ReloadState.hash(manifest)), e.getMessage());
    } catch (ExecutionException e) {
      throw new IllegalStateException("the classifier did not take the network", e.getCause());
    }
  }

  private void refuse(Verifying verifying, Optional<String> manifest, String reason) {
    Refused refusal = verifying.refused(reason, clock.instant());
    refusals.put(key(verifying.run(), verifying.checkpoint()), new Refusal(manifest, refusal));
    refused = refusals.values().stream().map(Refusal::state).toList();
    become(refusal);
  }

  private static String key(String run, String checkpoint) {
    return run + "/" + checkpoint;
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
