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
 * Lets operators choose the served checkpoint. The choice is pinned in the store: it holds after a
 * restart and on all replicas, until it is unpinned. All methods but {@link #unpin} return when the
 * checkpoint serves.
 *
 * <p>Thread-safe. Every method throws {@link dev.millrace.store.StoreException} when the store
 * fails. Then the served model has not changed. The pin may have changed if only the store's answer
 * was lost; the next poll follows it. All methods may be repeated, except {@link #rollback}.
 */
public final class ServingControl {
  private final CheckpointStore store;
  private final RunSelector run;
  private final CheckpointReloader reloader;
  private final Clock clock;

  /**
   * Creates a control.
   *
   * @param run the same selection as the reloader's
   */
  public ServingControl(
      CheckpointStore store, RunSelector run, CheckpointReloader reloader, Clock clock) {
    this.store = store;
    this.run = run;
    this.reloader = reloader;
    this.clock = clock;
  }

  /**
   * Serves and pins a checkpoint, even if another one is better.
   *
   * @param of the checkpoint's run; if empty, the run that is set or served is searched first
   * @throws ControlException if there is no such checkpoint or it fails its verification
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
   * Serves and pins the checkpoint that served before in this process. A second call goes one more
   * step back. Each replica has its own history.
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
                          Kind.NOTHING,
                          "no other checkpoint has served since this process started"));
      return reloader.rollback(previous, () -> pin(previous.checkpoint()));
    }
  }

  /**
   * Pins the served checkpoint.
   *
   * @throws ControlException if nothing serves yet or the served checkpoint was deleted
   */
  public Serving pin() {
    synchronized (reloader) {
      Serving serving =
          serving()
              .orElseThrow(
                  () ->
                      new ControlException(
                          Kind.NOTHING, "no checkpoint serves that could be pinned"));
      pinIfThere(serving.checkpoint());
      return serving;
    }
  }

  /** Removes the pin. The next {@link CheckpointReloader#poll} serves the best checkpoint. */
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

  /** Pins a checkpoint that may have been deleted; its weights are still in memory. */
  private void pin(CheckpointManifest manifest) {
    PinnedCheckpoint pin = pinOf(manifest);
    store.pin(run.single(), pin);
    reloader.setPinned(Optional.of(pin));
  }

  /** Pins a checkpoint that is still in the store, so that all replicas can load it. */
  private void pinIfThere(CheckpointManifest manifest) {
    PinnedCheckpoint pin = pinOf(manifest);
    if (!store.pinIfPresent(run.single(), pin)) {
      throw new ControlException(
          Kind.UNKNOWN_CHECKPOINT,
          "the trainer deleted checkpoint %s of run %s, so it cannot be pinned; GET /v1/checkpoints lists the existing ones"
              .formatted(manifest.id(), manifest.run()));
    }
    reloader.setPinned(Optional.of(pin));
  }

  private PinnedCheckpoint pinOf(CheckpointManifest manifest) {
    return new PinnedCheckpoint(
        PinnedCheckpoint.SCHEMA, manifest.run(), manifest.id(), clock.instant());
  }
}
