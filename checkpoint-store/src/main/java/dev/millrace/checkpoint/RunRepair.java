package dev.millrace.checkpoint;

import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Finds the intact checkpoints of a run whose objects were damaged externally: deleted by hand,
 * truncated by a full disk, or written by two trainers at the same time. Damaged checkpoints are
 * kept for inspection until the trainer saves the same step again.
 */
public final class RunRepair {
  private static final System.Logger LOG = System.getLogger(RunRepair.class.getName());

  private final CheckpointStore store;
  private final String run;

  public RunRepair(CheckpointStore store, String run) {
    this.store = store;
    this.run = run;
  }

  /**
   * Loads the newest checkpoint whose files all match its manifest. Logs each newer checkpoint that
   * is damaged, with the reason.
   *
   * @return empty if the run has no checkpoint yet
   * @throws CorruptCheckpointException if the run has checkpoints but none is intact; the message
   *     names the remedy
   */
  public Optional<Checkpoint> newestIntact() {
    List<String> ids = store.checkpoints(run);
    if (ids.isEmpty()) {
      requireNoBest();
    }
    List<String> damaged = new ArrayList<>();
    for (int i = ids.size() - 1; i >= 0; i--) {
      try {
        Checkpoint intact = store.load(manifest(ids.get(i)));
        damaged.forEach(what -> warn(what + "; resuming from " + intact.manifest().id()));
        return Optional.of(intact);
      } catch (MalformedException | CorruptCheckpointException e) {
        damaged.add("checkpoint %s is damaged: %s".formatted(ids.get(i), e.getMessage()));
      }
    }
    if (damaged.isEmpty()) {
      return Optional.empty();
    }
    throw notRecoverable(
        "none of its %d checkpoints is intact; %s".formatted(ids.size(), damaged.get(0)));
  }

  /**
   * Returns the newest readable manifest, whether or not the files of its checkpoint are intact.
   */
  public Optional<CheckpointManifest> newestManifest() {
    List<String> ids = store.checkpoints(run);
    for (int i = ids.size() - 1; i >= 0; i--) {
      try {
        return Optional.of(manifest(ids.get(i)));
      } catch (MalformedException | CorruptCheckpointException e) {
        LOG.log(Level.DEBUG, "looking for an older manifest", e);
      }
    }
    return Optional.empty();
  }

  /**
   * Checks that a run without checkpoints has no {@code best.json}, which would mean that its
   * checkpoints were deleted.
   */
  private void requireNoBest() {
    boolean best;
    try {
      best = store.best(run).isPresent();
    } catch (MalformedException e) {
      best = true;
    }
    if (best) {
      throw notRecoverable("it has a best.json, but its checkpoints were deleted");
    }
  }

  private CorruptCheckpointException notRecoverable(String what) {
    return new CorruptCheckpointException(
        "run %s cannot resume: %s; restore runs/%s/checkpoints from a copy, delete runs/%s to train the run from its beginning, or set another MILLRACE_TRAINER_RUN"
            .formatted(run, what, run, run));
  }

  /**
   * Makes {@code best.json} refer to an intact checkpoint. If it does not, it is set to the most
   * accurate intact checkpoint; if there is none, {@code best.json} is deleted, and the checkpoint
   * of the next epoch becomes the best. Logs the damage that was found.
   *
   * @return the new best checkpoint, if there is one
   */
  public Optional<BestCheckpoint> repairBest() {
    Optional<String> damage = damageOfBest();
    if (damage.isEmpty()) {
      return Optional.empty();
    }
    Optional<BestCheckpoint> other = mostAccurate();
    if (other.isPresent()) {
      store.putBest(other.get());
      warn("%s; %s is now the best".formatted(damage.get(), other.get().checkpoint()));
    } else if (store.deleteBest(run)) {
      warn(damage.get() + "; the next epoch's checkpoint becomes the best");
    }
    return other;
  }

  private Optional<String> damageOfBest() {
    Optional<BestCheckpoint> best;
    try {
      best = store.best(run);
    } catch (MalformedException e) {
      return Optional.of("best.json is " + e.getMessage());
    }
    try {
      if (best.isEmpty()) {
        return Optional.of("best.json is missing");
      }
      String id = best.get().checkpoint();
      if (id == null || !run.equals(best.get().run())) {
        return Optional.of("best.json names %s of run %s".formatted(id, best.get().run()));
      }
      store.loadWeights(manifest(id));
      return Optional.empty();
    } catch (MalformedException | CorruptCheckpointException e) {
      return Optional.of("best.json names a damaged checkpoint: " + e.getMessage());
    }
  }

  /**
   * Returns the most accurate intact checkpoint; the earlier one if they are equal, as in {@link
   * CheckpointStore#offerBest}.
   */
  private Optional<BestCheckpoint> mostAccurate() {
    return store.checkpoints(run).stream()
        .flatMap(id -> candidate(id).stream())
        .max(
            Comparator.comparingDouble(BestCheckpoint::validationAccuracy)
                .thenComparing(Comparator.comparingLong(BestCheckpoint::step).reversed()));
  }

  private Optional<BestCheckpoint> candidate(String id) {
    try {
      CheckpointManifest manifest = manifest(id);
      if (manifest.metrics() == null) {
        return Optional.empty();
      }
      store.loadWeights(manifest);
      return Optional.of(BestCheckpoint.of(manifest));
    } catch (MalformedException | CorruptCheckpointException e) {
      warn("checkpoint %s is damaged and cannot be the best: %s".formatted(id, e.getMessage()));
      return Optional.empty();
    }
  }

  /**
   * Reads a manifest and checks that it contains everything that loading needs.
   *
   * @throws CorruptCheckpointException if it is missing or belongs to another checkpoint
   * @throws MalformedException if it is truncated or incomplete
   */
  private CheckpointManifest manifest(String id) {
    CheckpointManifest manifest =
        read(id).orElseThrow(() -> new CorruptCheckpointException(id + " has no manifest.json"));
    if (!run.equals(manifest.run()) || !id.equals(manifest.id())) {
      throw new CorruptCheckpointException(
          "the manifest.json of %s belongs to %s of run %s"
              .formatted(id, manifest.id(), manifest.run()));
    }
    for (Object part :
        Arrays.asList(
            manifest.stream(),
            manifest.architecture(),
            manifest.recipe(),
            manifest.nextOffsets(),
            manifest.progress(),
            manifest.normalization(),
            manifest.classes(),
            manifest.weights(),
            manifest.optimizer())) {
      if (part == null) {
        throw new MalformedException("the manifest.json of " + id + " is incomplete");
      }
    }
    return manifest;
  }

  private Optional<CheckpointManifest> read(String id) {
    try {
      return store.manifest(run, id);
    } catch (MalformedException e) {
      throw new MalformedException(
          "runs/%s/checkpoints/%s/manifest.json is %s".formatted(run, id, e.getMessage()), e);
    }
  }

  private void warn(String what) {
    LOG.log(Level.WARNING, "run {0}: {1}", run, what);
  }
}
