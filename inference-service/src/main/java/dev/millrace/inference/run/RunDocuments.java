package dev.millrace.inference.run;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.selection.RunSelector;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.protocol.run.RunDescription;
import dev.millrace.store.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Caches a run's documents in the store. One thread reads them for all, at most every few seconds;
 * the last ones are kept while the store is unavailable. Thread-safe.
 */
public final class RunDocuments {
  private static final Duration FRESH = Duration.ofSeconds(2);

  /**
   * The documents of a run.
   *
   * @param description {@code run.json}; null if there is none
   * @param best {@code best.json}; null if there is none
   * @param report names of the files in the run's report
   * @param problem why they could not be refreshed; null if they could
   */
  record Documents(
      String run,
      RunDescription description,
      List<EpochMetrics> epochs,
      BestCheckpoint best,
      List<String> report,
      String problem) {
    static Documents none(String run, String problem) {
      return new Documents(run, null, List.of(), null, List.of(), problem);
    }

    Documents with(String because) {
      return new Documents(run, description, epochs, best, report, because);
    }
  }

  private final CheckpointStore store;
  private final InstantSource clock;
  private final ReentrantLock reading = new ReentrantLock();
  private final Map<String, EpochMetrics> epochs = new HashMap<>();
  private volatile Documents newest = Documents.none(null, "not read yet");
  private volatile Instant readAt = Instant.MIN;

  public RunDocuments(CheckpointStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /**
   * Returns the last of the selected runs in the store, by name; empty if there is none or the
   * store fails.
   */
  Optional<String> lastRun(RunSelector of) {
    try {
      List<String> runs = store.runs().stream().filter(of::includes).toList();
      newest = newest.with(null);
      return runs.isEmpty() ? Optional.empty() : Optional.of(runs.get(runs.size() - 1));
    } catch (StoreException e) {
      newest = newest.with(e.getMessage());
      return Optional.empty();
    }
  }

  /** Returns why the last read of the store failed; empty if it succeeded. */
  Optional<String> problem() {
    return Optional.ofNullable(newest.problem());
  }

  Documents of(String run) {
    Documents known = newest;
    boolean fresh = run.equals(known.run()) && clock.instant().isBefore(readAt.plus(FRESH));
    // While another thread reads, the cached documents are used instead of waiting for the store.
    if (!fresh && reading.tryLock()) {
      try {
        newest = read(run);
        readAt = clock.instant();
      } finally {
        reading.unlock();
      }
    }
    known = newest;
    return run.equals(known.run()) ? known : Documents.none(run, "being read");
  }

  private Documents read(String run) {
    try {
      List<String> damaged = new ArrayList<>();
      RunDescription description =
          read(run, RunDescription.PATH, RunDescription.class, damaged).orElse(null);
      List<String> report =
          store.documents(run, "report/").stream()
              .map(path -> path.substring("report/".length()))
              .toList();
      BestCheckpoint best = read(run, "best.json", BestCheckpoint.class, damaged).orElse(null);
      List<EpochMetrics> epochs = epochs(run, damaged);
      String problem = damaged.isEmpty() ? null : String.join("; ", damaged);
      return new Documents(run, description, epochs, best, report, problem);
    } catch (StoreException e) {
      Documents known = newest;
      return run.equals(known.run())
          ? known.with(e.getMessage())
          : Documents.none(run, e.getMessage());
    }
  }

  /** Reads a document. A damaged one counts as missing, so that the others are still shown. */
  private <T> Optional<T> read(String run, String path, Class<T> type, List<String> damaged) {
    try {
      return store.document(run, path).map(content -> Json.read(content, type));
    } catch (MalformedException e) {
      damaged.add("%s of run %s is damaged: %s".formatted(path, run, e.getMessage()));
      return Optional.empty();
    }
  }

  private List<EpochMetrics> epochs(String run, List<String> damaged) {
    List<String> paths = store.documents(run, "metrics/");
    Map<String, EpochMetrics> kept = new HashMap<>();
    for (int i = 0; i < paths.size(); i++) {
      String path = paths.get(i);
      EpochMetrics known = run.equals(newest.run()) ? epochs.get(path) : null;
      // A resumed trainer may rewrite the last one; the others do not change.
      if (known == null || i == paths.size() - 1) {
        known = read(run, path, EpochMetrics.class, damaged).orElse(null);
      }
      if (known != null) {
        kept.put(path, known);
      }
    }
    epochs.clear();
    epochs.putAll(kept);
    return paths.stream().map(kept::get).filter(point -> point != null).toList();
  }
}
