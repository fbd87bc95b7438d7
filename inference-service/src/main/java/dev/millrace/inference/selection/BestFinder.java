package dev.millrace.inference.selection;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Finds the best checkpoint of the selected run, of the runs of a sweep, or of the newest run. */
public final class BestFinder {
  /**
   * The result of a search.
   *
   * @param best empty if there is none yet
   * @param problem a message about a {@code best.json} that could not be read
   */
  public record Found(Optional<BestCheckpoint> best, Optional<String> problem) {}

  private final CheckpointStore store;
  private final RunSelector run;
  private final Manifests manifests;

  /**
   * Creates a finder.
   *
   * @param run a prefix selects the best by validation accuracy of all its runs; {@link
   *     RunSelector#ANY} selects the best of the newest run that has one
   */
  public BestFinder(CheckpointStore store, RunSelector run) {
    this.store = store;
    this.run = run;
    this.manifests = new Manifests(store);
  }

  public Found find() {
    if (run.single().isPresent()) {
      List<String> problems = new ArrayList<>();
      Optional<BestCheckpoint> best = Optional.ofNullable(best(run.single().get(), problems));
      return new Found(best, problems.stream().findFirst());
    }
    return run.isSweep() ? bestOfAll() : newest();
  }

  private Found bestOfAll() {
    List<String> problems = new ArrayList<>();
    Optional<BestCheckpoint> best =
        store.runs().stream()
            .filter(run::includes)
            .map(name -> best(name, problems))
            .filter(Objects::nonNull)
            .max(Comparator.comparingDouble(BestCheckpoint::validationAccuracy));
    return new Found(best, problems.stream().findFirst());
  }

  private Found newest() {
    BestCheckpoint newest = null;
    Instant newestCreated = null;
    List<String> problems = new ArrayList<>();
    for (String name : store.runs()) {
      BestCheckpoint best = best(name, problems);
      if (best != null) {
        Instant created = created(best);
        if (newest == null || created.isAfter(newestCreated)) {
          newest = best;
          newestCreated = created;
        }
      }
    }
    return new Found(Optional.ofNullable(newest), problems.stream().findFirst());
  }

  private BestCheckpoint best(String name, List<String> problems) {
    try {
      BestCheckpoint best = store.best(name).orElse(null);
      if (best == null || (name.equals(best.run()) && best.checkpoint() != null)) {
        return best;
      }
      String named = "names %s of %s".formatted(best.checkpoint(), best.run());
      return fallback(name, "best.json of run %s %s".formatted(name, named), problems);
    } catch (MalformedException e) {
      String problem = "best.json of run %s: %s".formatted(name, e.getMessage());
      return fallback(name, problem, problems);
    }
  }

  /**
   * Finds the checkpoint that the trainer will name when it repairs {@code best.json}, at its next
   * start at the latest.
   */
  private BestCheckpoint fallback(String name, String problem, List<String> problems) {
    Optional<BestCheckpoint> fallback =
        FallbackCheckpoints.of(store, name).stream()
            .filter(manifest -> manifest.metrics() != null)
            .findFirst()
            .map(BestCheckpoint::of);
    problems.add(
        problem + fallback.map(best -> "; taking " + best.checkpoint() + " for it").orElse(""));
    return fallback.orElse(null);
  }

  /**
   * Returns when the best checkpoint was created. A damaged one counts as the oldest, so that it
   * does not hide others.
   */
  private Instant created(BestCheckpoint best) {
    try {
      return manifests
          .of(best.run(), best.checkpoint())
          .map(CheckpointManifest::created)
          .filter(Objects::nonNull)
          .orElse(Instant.EPOCH);
    } catch (MalformedException e) {
      return Instant.EPOCH;
    }
  }
}
