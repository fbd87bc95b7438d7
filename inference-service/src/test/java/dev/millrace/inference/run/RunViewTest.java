package dev.millrace.inference.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.checkpoint.Checkpoint;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.inference.reload.FailingObjectStore;
import dev.millrace.inference.reload.ReloadState;
import dev.millrace.inference.run.RunView.Snapshot;
import dev.millrace.inference.run.ServiceWaits.ServiceWait;
import dev.millrace.inference.selection.RunSelector;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.run.TrainingEvent.Type;
import dev.millrace.waits.Waits;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunViewTest {
  private Instant now = Instant.EPOCH;
  private final FailingObjectStore objects = new FailingObjectStore();
  private final CheckpointStore store = new CheckpointStore(objects);
  private final TrainingHistory history = new TrainingHistory();
  private final ServiceWaits waits = new ServiceWaits(new Waits());
  private ReloadState serving = new ReloadState.Empty();
  private final EventLog log = new EventLog("here", 10);

  @Test
  void withNothingInTheStoreAndNoEventThereIsNoRun() {
    Snapshot snapshot = view(Optional.empty()).snapshot();
    assertThat(snapshot.run()).isNull();
    assertThat(snapshot.storeProblem()).isNull();
    assertThat(snapshot.reload().state()).isEqualTo("empty");
  }

  @Test
  void documentsAndEventsOfARunComeTogether() {
    save(1);
    history.add(epoch(1, .9));
    history.add(epoch(2, .8));
    Snapshot snapshot = view(Optional.of("run")).snapshot();
    assertThat(snapshot.description().device()).isEqualTo("cpu");
    assertThat(snapshot.best().epoch()).isEqualTo(1);
    assertThat(snapshot.report()).containsExactly("report.json");
    assertThat(snapshot.epochs()).extracting(EpochMetrics::epoch).containsExactly(1, 2);
    // The document says more than the event of the same epoch.
    assertThat(snapshot.epochs()).extracting(EpochMetrics::seconds).containsExactly(12.0, null);
    assertThat(snapshot.lastEventId()).isEqualTo(log.lastId());
  }

  @Test
  void theRunIsTheOneTrainedLastElseTheLastInTheStore() {
    save(1);
    assertThat(view(Optional.empty()).run()).contains("run");
    history.add(epoch(1, .9));
    store.putDocument("zzz", "run.json", Json.bytes(Map.of()), "application/json");
    assertThat(view(Optional.empty()).run()).contains("run");
    assertThat(view(Optional.of("other")).run()).contains("other");
  }

  @Test
  void aStoreThatGoesAwayLeavesWhatWasReadAndSaysSo() {
    save(1);
    RunView view = view(Optional.of("run"));
    view.snapshot();
    objects.failAt("runs/");
    now = now.plus(Duration.ofMinutes(1));
    Snapshot old = view.snapshot();
    assertThat(old.epochs()).hasSize(1);
    assertThat(old.storeProblem()).contains("away");

    objects.failAt(null);
    save(2);
    now = now.plus(Duration.ofMinutes(1));
    assertThat(view.snapshot().storeProblem()).isNull();
    assertThat(view.snapshot().epochs()).hasSize(2);
  }

  @Test
  void aStoreThatIsAwayFromTheBeginningStillLeavesTheEvents() {
    objects.failAt("runs/");
    history.add(epoch(1, .9));
    Snapshot snapshot = view(Optional.empty()).snapshot();
    assertThat(snapshot.run()).isEqualTo("run");
    assertThat(snapshot.epochs()).hasSize(1);
    assertThat(snapshot.storeProblem()).contains("away");
  }

  @Test
  void aDamagedDocumentIsToldOf() {
    save(1);
    objects.put("runs/run/run.json", "{".getBytes(), "application/json");
    assertThat(view(Optional.of("run")).snapshot().storeProblem()).contains("RunDescription");
  }

  @Test
  void ofASweepTheRunThatServesIsShownElseTheNewestElseTheLastInTheStore() throws Exception {
    RunView view = view(Optional.of("sweep-*"));
    save(1); // of another run
    assertThat(view.run()).isEmpty();
    store.putDocument("sweep-0", "run.json", Json.bytes(Map.of("device", "cpu")), "");
    assertThat(view.run()).contains("sweep-0");
    history.add(epoch(1, .9));
    assertThat(view.run()).contains("sweep-0");
    history.add(event(Type.PROGRESS, "sweep-1", 5));
    history.add(event(Type.PROGRESS, "run", 6));
    assertThat(view.run()).contains("sweep-1");
    Checkpoint other = Checkpoints.of("run", 1, 10);
    serving = new ReloadState.Serving(other.manifest(), now);
    assertThat(view.run()).contains("sweep-1");
    Checkpoint best = Checkpoints.of("sweep-0", 1, 10);
    serving = new ReloadState.Serving(best.manifest(), now);
    Snapshot snapshot = view.snapshot();
    assertThat(snapshot.run()).isEqualTo("sweep-0");
    assertThat(snapshot.description().device()).isEqualTo("cpu");
  }

  @Test
  void whatTheServicesOfTheRunWaitForIsInTheSnapshot() {
    save(1);
    Instant since = Instant.EPOCH.plusSeconds(3);
    waits.add(TrainingEvent.waiting("trainer", "run", since, "minibatch 7 of epoch 1"));
    waits.add(TrainingEvent.waiting("trainer", "other", since, "something else"));
    waits.add(TrainingEvent.waiting("ingest", null, since, "the slowest trainer"));
    assertThat(view(Optional.of("run")).snapshot().waiting())
        .containsExactly(
            new ServiceWait("trainer", "minibatch 7 of epoch 1", since),
            new ServiceWait("ingest", "the slowest trainer", since));
    assertThat(view(Optional.of("run")).waiting()).hasSize(2);
  }

  private RunView view(Optional<String> run) {
    RunDocuments documents = new RunDocuments(store, () -> now);
    return new RunView(
        RunSelector.of(run), history, documents, log, () -> serving, waits, () -> now);
  }

  private static TrainingEvent event(Type type, String run, int second) {
    return RunEvents.event(type, run, Instant.EPOCH.plusSeconds(second));
  }

  private void save(int epoch) {
    store.putDocument("run", "run.json", Json.bytes(Map.of("device", "cpu")), "application/json");
    store.putDocument("run", "report/report.json", Json.bytes(Map.of()), "application/json");
    store.putDocument(
        "run",
        "metrics/epoch-%010d.json".formatted(epoch),
        Json.bytes(Map.of("epoch", epoch, "trainLoss", 1.5, "seconds", 12, "unknown", true)),
        "application/json");
    store.offerBest(
        new BestCheckpoint(1, "run", "epoch-0000000001-step-0000000010", epoch, 10, .1 * epoch));
  }

  private static TrainingEvent epoch(int epoch, double loss) {
    Instant time = Instant.EPOCH.plusSeconds(epoch);
    return TrainingEvent.builder(Type.EPOCH, "run")
        .time(time)
        .epoch(epoch, 9)
        .batch(10, 10)
        .training(loss, .5)
        .validation(.9, .6)
        .learningRate(.01)
        .speed(100, 9.0)
        .build();
  }
}
