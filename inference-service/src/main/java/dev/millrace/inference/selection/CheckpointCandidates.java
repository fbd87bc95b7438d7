package dev.millrace.inference.selection;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.selection.ControlException.Kind;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.PinnedCheckpoint;
import java.util.List;
import java.util.Optional;

/** Finds the checkpoint to serve: the pinned one, else the best, or one that an operator names. */
public final class CheckpointCandidates {
  /**
   * The result of a search.
   *
   * @param pinned the pinned checkpoint
   * @param best empty if there is none yet
   * @param problem a {@code pin.json} or {@code best.json} that could not be read
   */
  public record Found(
      Optional<PinnedCheckpoint> pinned, Optional<BestCheckpoint> best, Optional<String> problem) {}

  private final CheckpointStore store;
  private final RunSelector run;
  private final BestFinder finder;

  /**
   * Creates a finder.
   *
   * @param run also selects the pin: a single run has its own, all others share one
   */
  public CheckpointCandidates(CheckpointStore store, RunSelector run) {
    this.store = store;
    this.run = run;
    finder = new BestFinder(store, run);
  }

  public Found find() {
    BestFinder.Found best = finder.find();
    try {
      return new Found(
          store.pinned(run.single()).filter(pin -> run.includes(pin.run())),
          best.best(),
          best.problem());
    } catch (MalformedException e) {
      return new Found(Optional.empty(), best.best(), Optional.of("pin.json is " + e.getMessage()));
    }
  }

  /**
   * Finds the checkpoint that an operator names: in the given run, else in the run that is set or
   * served, else in the only run that has it.
   *
   * @throws ControlException if there is none, or more than one
   */
  public CheckpointManifest named(String id, Optional<String> named, Optional<String> served) {
    if (named.isPresent()) {
      return manifest(named.get(), id).orElseThrow(() -> unknown(id, named.get()));
    }
    Optional<String> usual = run.single().or(() -> served);
    Optional<CheckpointManifest> found = usual.flatMap(name -> manifest(name, id));
    if (found.isPresent()) {
      return found.get();
    }
    List<CheckpointManifest> all =
        store.runs().stream().flatMap(name -> manifest(name, id).stream()).toList();
    if (all.size() > 1) {
      throw new ControlException(
          Kind.AMBIGUOUS,
          "%s is a checkpoint of each of the runs %s; name one with ?run="
              .formatted(id, all.stream().map(CheckpointManifest::run).toList()));
    }
    return all.stream().findFirst().orElseThrow(() -> unknownAnywhere(id, usual));
  }

  private Optional<CheckpointManifest> manifest(String name, String id) {
    if (!isName(name) || !isName(id)) {
      return Optional.empty();
    }
    try {
      return store
          .manifest(name, id)
          .filter(found -> name.equals(found.run()) && id.equals(found.id()));
    } catch (MalformedException e) {
      throw new ControlException(
          Kind.REFUSED,
          "the manifest.json of %s in run %s is %s".formatted(id, name, e.getMessage()));
    }
  }

  /** Returns whether a text is a single segment of an object's path. */
  private static boolean isName(String text) {
    return !text.isEmpty() && !text.contains("/") && !text.equals(".") && !text.equals("..");
  }

  private ControlException unknownAnywhere(String id, Optional<String> usual) {
    return new ControlException(
        Kind.UNKNOWN_CHECKPOINT,
        "no checkpoint %s in %s; the store has the runs %s, and GET /v1/checkpoints lists all"
            .formatted(
                id, usual.map("run %s, nor in another"::formatted).orElse("a run"), store.runs()));
  }

  private static ControlException unknown(String id, String run) {
    return new ControlException(
        Kind.UNKNOWN_CHECKPOINT,
        "no checkpoint %s in run %s; GET /v1/checkpoints lists all".formatted(id, run));
  }
}
