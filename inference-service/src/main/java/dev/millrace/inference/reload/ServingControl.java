package dev.millrace.inference.reload;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.inference.reload.ServingHistory.Served;
import dev.millrace.inference.selection.CheckpointCandidates;
import dev.millrace.inference.selection.ControlException;
import dev.millrace.inference.selection.ControlException.Kind;
import dev.millrace.inference.selection.RunSelector;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.PinnedCheckpoint;
import java.time.Clock;
import java.util.Optional;

/**
 * What a person may change about the served model. What they choose is pinned: it stands in the
 * store, so that it serves after a restart and on all replicas, until it is unpinned. Everything
 * but {@link #unpin} returns when the checkpoint serves.
 *
 * <p>Thread-safe. Every method throws {@link dev.millrace.store.StoreException} when the store does
 * not do what is asked. Then the served model has not changed; the pin may have, if only the
 * store's answer was lost, and the next poll follows it. Asking again is safe, except for {@link
 * #rollback}.
 */
public final class ServingControl {
  private final CheckpointStore store;
  private final RunSelector run;
  private final CheckpointReloader reloader;
  private final Clock clock;

  /**
   * @param run whose best checkpoint is served, as the reloader's
   */
  public ServingControl(
      CheckpointStore store, RunSelector run, CheckpointReloader reloader, Clock clock) {
    this.store = store;
    this.run = run;
    this.reloader = reloader;
    this.clock = clock;
  }

  /**
   * Serves a checkpoint though it may be worse than another, and pins it.
   *
   * @param of the checkpoint's run; if empty, the one that is set or serves is looked at first
   * @throws ControlException if there is no such checkpoint, or it fails its verification
   */
  public Serving promote(String checkpoint, Optional<String> of) {
    synchronized (reloader) {
      Optional<String> served = serving().map(serving -> serving.checkpoint().run());
      CheckpointManifest manifest =
          new CheckpointCandidates(store, run).named(checkpoint, of, served);
      return reloader.serve(manifest, Optional.empty(), () -> pinIfThere(manifest));
    }
  }

  /**
   * Serves what served before in this process, and pins it. A second call goes back one more. Each
   * replica has its own history.
   *
   * @throws ControlException if nothing served before in this process, or it was deleted since
   */
  public Serving rollback() {
    synchronized (reloader) {
      Served previous =
          reloader
              .history()
              .previous()
              .orElseThrow(
                  () ->
                      new ControlException(
                          Kind.NOTHING, "no other checkpoint has served since this process began"));
      return reloader.rollback(previous, () -> pin(previous.checkpoint()));
    }
  }

  /**
   * Holds what serves.
   *
   * @throws ControlException if nothing serves yet, or what serves is no longer in the store
   */
  public Serving pin() {
    synchronized (reloader) {
      Serving serving =
          serving()
              .orElseThrow(
                  () -> new ControlException(Kind.NOTHING, "nothing serves that could be held"));
      pinIfThere(serving.checkpoint());
      return serving;
    }
  }

  /** Lets the best serve again; {@link CheckpointReloader#poll} takes it. */
  public Optional<Serving> unpin() {
    synchronized (reloader) {
      store.unpin(run.single());
      reloader.setPinned(Optional.empty());
      return serving();
    }
  }

  private Optional<Serving> serving() {
    return reloader.state().serving();
  }

  /** Pins what may have been deleted since it served: its weights are still in memory here. */
  private void pin(CheckpointManifest manifest) {
    PinnedCheckpoint pin = pinOf(manifest);
    store.pin(run.single(), pin);
    reloader.setPinned(Optional.of(pin));
  }

  /** Pins what a restart and the other replicas can load. */
  private void pinIfThere(CheckpointManifest manifest) {
    PinnedCheckpoint pin = pinOf(manifest);
    if (!store.pinIfThere(run.single(), pin)) {
      throw new ControlException(
          Kind.UNKNOWN_CHECKPOINT,
          "the trainer deleted checkpoint %s of run %s, so it cannot be held; GET /v1/checkpoints lists those that are there"
              .formatted(manifest.id(), manifest.run()));
    }
    reloader.setPinned(Optional.of(pin));
  }

  private PinnedCheckpoint pinOf(CheckpointManifest manifest) {
    return new PinnedCheckpoint(
        PinnedCheckpoint.SCHEMA, manifest.run(), manifest.id(), clock.instant());
  }
}
