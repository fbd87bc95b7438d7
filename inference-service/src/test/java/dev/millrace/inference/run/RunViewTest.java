package dev.millrace.inference.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.inference.run.RunView.Snapshot;
import dev.millrace.inference.serving.FailingObjectStore;
import dev.millrace.inference.serving.ReloadState;
import dev.millrace.model.BestCheckpoint;
import dev.millrace.model.CheckpointStore;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.TrainingEvent;
import dev.millrace.protocol.TrainingEvent.Type;
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
    assertThat(snapshot.description().path("device").asText()).isEqualTo("cpu");
    assertThat(snapshot.best().epoch()).isEqualTo(1);
    assertThat(snapshot.report()).containsExactly("report.json");
    assertThat(snapshot.epochs()).extracting(EpochPoint::epoch).containsExactly(1, 2);
    // The document says more than the event of the same epoch.
    assertThat(snapshot.epochs()).extracting(EpochPoint::seconds).containsExactly(12.0, null);
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
    assertThat(view(Optional.of("run")).snapshot().storeProblem()).contains("JsonNode");
  }

  private RunView view(Optional<String> run) {
    RunDocuments documents = new RunDocuments(store, () -> now);
    return new RunView(run, history, documents, log, ReloadState.Empty::new, () -> now);
  }

  private void save(int epoch) {
    store.putDocument("run", "run.json", Json.bytes(Map.of("device", "cpu")), "application/json");
    store.putDocument("run", "report/report.json", Json.bytes(Map.of()), "application/json");
    store.putDocument(
        "run",
        "metrics/epoch-%04d.json".formatted(epoch),
        Json.bytes(Map.of("epoch", epoch, "trainLoss", 1.5, "seconds", 12, "unknown", true)),
        "application/json");
    store.offerBest(
        new BestCheckpoint(1, "run", "epoch-0001-step-00000010", epoch, 10, .1 * epoch));
  }

  private static TrainingEvent epoch(int epoch, double loss) {
    Instant time = Instant.EPOCH.plusSeconds(epoch);
    return new TrainingEvent(
        1,
        Type.EPOCH,
        "run",
        time,
        epoch,
        9,
        0,
        10,
        10,
        loss,
        .5,
        .9,
        .6,
        null,
        .01,
        100.0,
        9.0,
        null);
  }
}
