package dev.millrace.inference.run;

import dev.millrace.inference.reload.ReloadState;
import dev.millrace.inference.run.RunDocuments.Documents;
import dev.millrace.inference.run.ServiceWaits.ServiceWait;
import dev.millrace.inference.run.TrainingHistory.ProgressPoint;
import dev.millrace.inference.selection.RunSelector;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.protocol.run.RunDescription;
import dev.millrace.protocol.run.TrainingEvent;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Builds snapshots of all that is known of a run. Thread-safe. */
public final class RunView {
  /**
   * A snapshot.
   *
   * @param lastEventId the position in the {@link EventLog}; later events are not included
   * @param now the time of this service's clock
   * @param run absent if there is none yet
   * @param description {@code run.json}
   * @param latest the newest training event
   * @param progress within the epochs, as far as this service received it
   * @param report the names of the report's files
   * @param waiting what the services wait for
   * @param storeProblem why documents are outdated or missing
   */
  public record Snapshot(
      String lastEventId,
      Instant now,
      String run,
      RunDescription description,
      BestCheckpoint best,
      TrainingEvent latest,
      List<EpochMetrics> epochs,
      List<ProgressPoint> progress,
      List<String> report,
      ReloadView reload,
      List<ServiceWait> waiting,
      String storeProblem) {}

  private final RunSelector selected;
  private final TrainingHistory history;
  private final RunDocuments documents;
  private final EventLog log;
  private final Supplier<ReloadState> reload;
  private final ServiceWaits waits;
  private final InstantSource clock;

  /**
   * Creates a view.
   *
   * @param selected the runs of which one is shown
   */
  public RunView(
      RunSelector selected,
      TrainingHistory history,
      RunDocuments documents,
      EventLog log,
      Supplier<ReloadState> reload,
      ServiceWaits waits,
      InstantSource clock) {
    this.selected = selected;
    this.waits = waits;
    this.history = history;
    this.documents = documents;
    this.log = log;
    this.reload = reload;
    this.clock = clock;
  }

  /**
   * Returns the run to show: the only selected one, else the last trained one, else the served one,
   * else the last one in the store. In a sweep, whose runs may train concurrently, the served one
   * comes first.
   */
  public Optional<String> run() {
    return knownRun().or(() -> documents.lastRun(selected));
  }

  /** Returns the run to show, if it is known without reading the store. */
  private Optional<String> knownRun() {
    Optional<String> served =
        reload
            .get()
            .serving()
            .map(serving -> serving.checkpoint().run())
            .filter(selected::includes);
    return selected
        .single()
        .or(() -> selected.isSweep() ? served : Optional.empty())
        .or(() -> history.newestRun(selected))
        .or(() -> served);
  }

  /** Returns the waits of the services that work for the run to show. */
  public List<ServiceWait> waiting() {
    return waits.of(knownRun().orElse(null));
  }

  public Snapshot snapshot() {
    // Read first, so that changes during the snapshot are also sent as events: twice, but never
    // lost.
    String lastEventId = log.lastId();
    ReloadView served = ReloadView.of(reload.get());
    String run = run().orElse(null);
    if (run == null) {
      String problem = documents.problem().orElse(null);
      return new Snapshot(
          lastEventId,
          clock.instant(),
          null,
          null,
          null,
          null,
          List.of(),
          List.of(),
          List.of(),
          served,
          waits.of(null),
          problem);
    }
    Documents found = documents.of(run);
    return new Snapshot(
        lastEventId,
        clock.instant(),
        run,
        found.description(),
        found.best(),
        history.latest(run).orElse(null),
        epochs(run, found),
        history.points(run),
        found.report(),
        served,
        waits.of(run),
        found.problem());
  }

  /** Merges documents and events. Documents are more complete, events are earlier. */
  private List<EpochMetrics> epochs(String run, Documents found) {
    Map<Integer, EpochMetrics> byEpoch = new TreeMap<>();
    history.epochs(run).forEach(point -> byEpoch.put(point.epoch(), point));
    found.epochs().forEach(point -> byEpoch.put(point.epoch(), point));
    return new ArrayList<>(byEpoch.values());
  }
}
