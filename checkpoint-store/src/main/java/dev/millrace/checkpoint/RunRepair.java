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
 * Finds what is whole in a run whose objects were damaged from outside: deleted by hand, cut off by
 * a full disk, or written by two trainers at once. Damaged checkpoints stay as they are, for people
 * to look at, until the trainer saves the same step again.
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
   * Loads the newest checkpoint whose files are all there and are those that its manifest names.
   * The log names each newer one that is damaged and why.
   *
   * @return empty if the run has no checkpoint yet
   * @throws CorruptCheckpointException if it had some, and none is whole; names the remedy
   */
  public Optional<Checkpoint> newestWhole() {
    List<String> ids = store.checkpoints(run);
    if (ids.isEmpty()) {
      requireNoBest();
    }
    List<String> damaged = new ArrayList<>();
    for (int i = ids.size() - 1; i >= 0; i--) {
      try {
        Checkpoint whole = store.load(manifest(ids.get(i)));
        damaged.forEach(what -> warn(what + "; going on from " + whole.manifest().id()));
        return Optional.of(whole);
      } catch (MalformedException | CorruptCheckpointException e) {
        damaged.add("checkpoint %s is damaged: %s".formatted(ids.get(i), e.getMessage()));
      }
    }
    if (damaged.isEmpty()) {
      return Optional.empty();
    }
    throw lost("none of its %d checkpoints is whole; %s".formatted(ids.size(), damaged.get(0)));
  }

  /** Returns the newest manifest that can be read, whether its files are whole or not. */
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

  /** A run that has a best checkpoint had checkpoints. */
  private void requireNoBest() {
    boolean best;
    try {
      best = store.best(run).isPresent();
    } catch (MalformedException e) {
      best = true;
    }
    if (best) {
      throw lost("it has a best.json, but its checkpoints were deleted");
    }
  }

  private CorruptCheckpointException lost(String what) {
    return new CorruptCheckpointException(
        "run %s cannot go on: %s; restore runs/%s/checkpoints from a copy, delete runs/%s to train the run from its beginning, or set another MILLRACE_TRAINER_RUN"
            .formatted(run, what, run, run));
  }

  /**
   * Makes {@code best.json} name a checkpoint that is there and whole. If it does not, the most
   * accurate of those that are takes its place; if there is none, {@code best.json} is deleted, and
   * the next epoch's checkpoint becomes the best. The log says what was wrong.
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
      warn("%s; %s is the best now".formatted(damage.get(), other.get().checkpoint()));
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
      return Optional.of("best.json names a checkpoint that is damaged: " + e.getMessage());
    }
  }

  /** Of equally accurate ones the earlier, as {@link CheckpointStore#offerBest} has it. */
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
   * Reads a manifest that has all that loading needs.
   *
   * @throws CorruptCheckpointException if it is missing or belongs to another checkpoint
   * @throws MalformedException if it is cut off or lacks a part
   */
  private CheckpointManifest manifest(String id) {
    CheckpointManifest manifest =
        read(id)
            .orElseThrow(
                () ->
                    new CorruptCheckpointException(id + " is not there: it has no manifest.json"));
    if (!run.equals(manifest.run()) || !id.equals(manifest.id())) {
      throw new CorruptCheckpointException(
          "the manifest.json of %s is that of %s in run %s"
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
        throw new MalformedException("the manifest.json of " + id + " lacks a part");
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
