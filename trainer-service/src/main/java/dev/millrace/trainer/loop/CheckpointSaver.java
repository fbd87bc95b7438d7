package dev.millrace.trainer.loop;

import dev.millrace.checkpoint.Checkpoint;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.checkpoint.RunRepair;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.trainer.stream.MinibatchStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a checkpoint to the store, and then the best pointer and the offset commit, and only then
 * deletes old checkpoints, so that a kill at any point loses nothing. One thread at a time uses
 * this class; any thread may call {@link #newestId()}.
 */
final class CheckpointSaver {
  private final TrainerSettings settings;
  private final CheckpointStore store;
  private final MinibatchStream source;
  private final TrainerTelemetry telemetry;
  private final RunRepair repair;
  private volatile String newestId = "none";

  CheckpointSaver(
      TrainerSettings settings,
      CheckpointStore store,
      MinibatchStream source,
      TrainerTelemetry telemetry) {
    this.settings = settings;
    this.store = store;
    this.source = source;
    this.telemetry = telemetry;
    this.repair = new RunRepair(store, settings.run());
  }

  /** Returns the id of the newest checkpoint of the run, for messages. */
  String newestId() {
    return newestId;
  }

  /**
   * Completes the work that a kill right after the write of the manifest may have left undone. Also
   * repairs {@code best.json} if the checkpoint that it names was damaged.
   */
  void resume(CheckpointManifest manifest) {
    newestId = manifest.id();
    repair.repairBest().ifPresent(telemetry::bestChanged);
    completeSave(manifest, manifest.nextOffsets());
  }

  /**
   * Saves a checkpoint and completes everything that follows from it.
   *
   * @param readOffsets the offsets to commit
   * @param asked {@link System#nanoTime()} when the checkpoint was requested
   */
  void save(Checkpoint checkpoint, Map<Integer, Long> readOffsets, long asked) {
    CheckpointManifest manifest = checkpoint.manifest();
    store.save(checkpoint);
    newestId = manifest.id();
    telemetry.checkpointSaved(
        manifest,
        checkpoint.weights().length + checkpoint.optimizer().length,
        (System.nanoTime() - asked) / 1e9);
    completeSave(manifest, readOffsets);
  }

  /** Completes everything that follows from a saved checkpoint. */
  private void completeSave(CheckpointManifest manifest, Map<Integer, Long> readOffsets) {
    if (manifest.metrics() != null) {
      offerBest(BestCheckpoint.of(manifest));
    }
    source.commit(readOffsets);
    prune(manifest);
  }

  private void offerBest(BestCheckpoint candidate) {
    try {
      if (store.offerBest(candidate)) {
        telemetry.bestChanged(candidate);
      }
    } catch (MalformedException e) {
      // The candidate is in the store, so the repair considers it too.
      repair.repairBest().ifPresent(telemetry::bestChanged);
    }
  }

  /**
   * Deletes old checkpoints. Checkpoints of later steps are kept: they were damaged when the run
   * resumed from this one, and training will reach their steps again.
   */
  private void prune(CheckpointManifest newest) {
    String run = settings.run();
    store.finishDeletions(run);
    List<String> ids = store.checkpoints(run);
    int old = ids.indexOf(newest.id()) + 1 - settings.checkpoints().keep();
    Optional<String> best = best();
    ids.stream()
        .limit(Math.max(0, old))
        .filter(id -> !best.equals(Optional.of(id)))
        .forEach(id -> store.deleteUnlessPinned(run, id));
  }

  private Optional<String> best() {
    try {
      return store.best(settings.run()).map(BestCheckpoint::checkpoint);
    } catch (MalformedException e) {
      repair.repairBest().ifPresent(telemetry::bestChanged);
      return store.best(settings.run()).map(BestCheckpoint::checkpoint);
    }
  }
}
