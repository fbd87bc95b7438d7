package dev.millrace.inference.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.inference.run.RunDocuments.Documents;
import dev.millrace.inference.run.TrainingHistory.ProgressPoint;
import dev.millrace.inference.serving.ReloadState;
import dev.millrace.model.BestCheckpoint;
import dev.millrace.protocol.TrainingEvent;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Puts together all that is known of a run at a moment. Thread-safe. */
public final class RunView {
  /**
   * @param lastEventId the place in the {@link EventLog}: events after it are not in here
   * @param now by this service's clock
   * @param run absent if there is none yet
   * @param description {@code run.json}
   * @param latest the newest training event
   * @param progress within the epochs, as this service has seen it go by
   * @param report names of the files that the report has
   * @param storeProblem why documents are old or missing
   */
  public record Snapshot(
      String lastEventId,
      Instant now,
      String run,
      JsonNode description,
      BestCheckpoint best,
      TrainingEvent latest,
      List<EpochPoint> epochs,
      List<ProgressPoint> progress,
      List<String> report,
      ReloadView reload,
      String storeProblem) {}

  private final Optional<String> configured;
  private final TrainingHistory history;
  private final RunDocuments documents;
  private final EventLog log;
  private final Supplier<ReloadState> reload;
  private final InstantSource clock;

  /**
   * @param configured the run to show; empty for the one that was last heard of
   */
  public RunView(
      Optional<String> configured,
      TrainingHistory history,
      RunDocuments documents,
      EventLog log,
      Supplier<ReloadState> reload,
      InstantSource clock) {
    this.configured = configured;
    this.history = history;
    this.documents = documents;
    this.log = log;
    this.reload = reload;
    this.clock = clock;
  }

  /** The run to show: as configured, else trained last, else served, else the store's last. */
  public Optional<String> run() {
    return configured
        .or(history::newestRun)
        .or(() -> reload.get().serving().map(serving -> serving.checkpoint().run()))
        .or(documents::lastRun);
  }

  public Snapshot snapshot() {
    // First, so that what happens meanwhile comes as an event, perhaps twice but never not at all.
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
        found.problem());
  }

  /** Documents say more than events, but events come first. */
  private List<EpochPoint> epochs(String run, Documents found) {
    Map<Integer, EpochPoint> byEpoch = new TreeMap<>();
    history.epochs(run).forEach(point -> byEpoch.put(point.epoch(), point));
    found.epochs().forEach(point -> byEpoch.put(point.epoch(), point));
    return new ArrayList<>(byEpoch.values());
  }
}
