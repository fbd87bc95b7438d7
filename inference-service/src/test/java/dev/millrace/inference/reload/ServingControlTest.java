package dev.millrace.inference.reload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.checkpoint.Checkpoint;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.reload.ReloadState.Refused;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.inference.selection.ControlException;
import dev.millrace.inference.selection.ControlException.Kind;
import dev.millrace.inference.selection.RunSelector;
import dev.millrace.inference.serving.BatchLimits;
import dev.millrace.inference.serving.ClassificationRequest;
import dev.millrace.inference.serving.Classifier;
import dev.millrace.inference.serving.CountingTelemetry;
import dev.millrace.inference.serving.Images;
import dev.millrace.protocol.run.PinnedCheckpoint;
import dev.millrace.store.StoreUnavailableException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ServingControlTest {
  private static final Optional<String> ANY = Optional.empty();
  private static final String FIRST = "epoch-0000000001-step-0000000010";
  private static final String SECOND = "epoch-0000000002-step-0000000020";
  private static final String THIRD = "epoch-0000000003-step-0000000030";

  private final FailingObjectStore objects = new FailingObjectStore();
  private final CheckpointStore store = new CheckpointStore(objects);
  private final Classifier classifier =
      new Classifier(BatchLimits.DEFAULT, new CountingTelemetry());
  private final CheckpointReloader reloader = reloader(classifier);
  private final ServingControl control =
      new ServingControl(store, RunSelector.ANY, reloader, Clock.systemUTC());

  private CheckpointReloader reloader(Classifier of) {
    return new CheckpointReloader(
        store, RunSelector.ANY, of, Clock.systemUTC(), new CountingReloads());
  }

  @AfterEach
  void close() throws InterruptedException {
    classifier.close();
  }

  @Test
  void whatIsPromotedServesThoughABetterOneComesUntilItIsUnpinned() throws Exception {
    Checkpoints.saveBest(store, "run", 1, 10);
    Checkpoints.saveBest(store, "run", 2, 20);
    reloader.poll();
    assertThat(served()).isEqualTo(SECOND);

    assertThat(control.promote(FIRST, ANY).checkpoint().id()).isEqualTo(FIRST);
    assertThat(answerer()).isEqualTo(FIRST);
    Checkpoints.saveBest(store, "run", 3, 30);
    reloader.poll();
    assertThat(served()).isEqualTo(FIRST);
    assertThat(reloader.pinned()).isPresent();
    assertThat(store.pinnedOf("run")).containsExactly(FIRST);

    control.unpin();
    assertThat(reloader.pinned()).isEmpty();
    reloader.poll();
    assertThat(served()).isEqualTo(THIRD);
  }

  @Test
  void anotherReplicaAndARestartedOneServeWhatIsPinned() throws Exception {
    Checkpoints.saveBest(store, "run", 1, 10);
    Checkpoints.saveBest(store, "run", 2, 20);
    reloader.poll();
    control.promote(FIRST, ANY);

    try (Classifier other = new Classifier(BatchLimits.DEFAULT, new CountingTelemetry())) {
      CheckpointReloader replica = reloader(other);
      replica.poll();
      assertThat(replica.state().serving().orElseThrow().checkpoint().id()).isEqualTo(FIRST);
    }
  }

  @Test
  void aPinThatWasDeletedLeavesNoReplicaWithoutAModel() throws Exception {
    Checkpoints.saveBest(store, "run", 1, 10);
    Checkpoints.saveBest(store, "run", 2, 20);
    reloader.poll();
    control.promote(FIRST, ANY);
    store.delete("run", FIRST);

    reloader.poll();
    assertThat(served()).isEqualTo(FIRST);
    try (Classifier other = new Classifier(BatchLimits.DEFAULT, new CountingTelemetry())) {
      CheckpointReloader restarted = reloader(other);
      restarted.poll();
      assertThat(restarted.state().serving().orElseThrow().checkpoint().id()).isEqualTo(SECOND);
      assertThat(restarted.refused())
          .extracting(Refused::reason)
          .containsExactly("its manifest.json is missing");
    }
  }

  @Test
  void rollbackGoesBackStepByStepThoughTheTrainerDeletedTheLastOne() throws Exception {
    for (int i = 1; i <= 3; i++) {
      Checkpoints.saveBest(store, "run", i, 10 * i);
      reloader.poll();
    }
    store.delete("run", SECOND);

    assertThat(control.rollback().checkpoint().id()).isEqualTo(SECOND);
    assertThat(answerer()).isEqualTo(SECOND);
    assertThat(control.rollback().checkpoint().id()).isEqualTo(FIRST);
    assertThat(answerer()).isEqualTo(FIRST);
    assertRefused(control::rollback, Kind.NOTHING, "no other checkpoint has served");
    reloader.poll();
    assertThat(served()).isEqualTo(FIRST);
  }

  @Test
  void pinHoldsWhatServesAndNeedsSomethingThatServes() throws Exception {
    assertRefused(control::pin, Kind.NOTHING, "no checkpoint serves");
    Checkpoints.saveBest(store, "run", 1, 10);
    reloader.poll();
    assertThat(control.pin().checkpoint().id()).isEqualTo(FIRST);
    Checkpoints.saveBest(store, "run", 2, 20);
    reloader.poll();
    assertThat(served()).isEqualTo(FIRST);
  }

  @Test
  void whatCannotBePromotedIsSaidAndTheOldOneServesOn() throws Exception {
    Checkpoints.saveBest(store, "run", 1, 10);
    reloader.poll();
    Checkpoint bad = Checkpoints.of("run", 2, 20);
    store.save(bad);
    objects.put("runs/run/checkpoints/%s/weights.safetensors".formatted(SECOND), new byte[9], "");
    store.save(Checkpoints.of("a", 3, 30));
    store.save(Checkpoints.of("b", 3, 30));

    assertRefused(() -> control.promote(SECOND, ANY), Kind.REFUSED, "SHA-256");
    assertRefused(
        () -> control.promote("epoch-9", ANY),
        Kind.UNKNOWN_CHECKPOINT,
        "no checkpoint epoch-9 in run run, nor in another; the store has the runs [a, b, run]");
    for (String path : List.of("", ".", "..", "a/b")) {
      assertRefused(() -> control.promote(path, ANY), Kind.UNKNOWN_CHECKPOINT, "no checkpoint");
      assertRefused(
          () -> control.promote(FIRST, Optional.of(path)),
          Kind.UNKNOWN_CHECKPOINT,
          "no checkpoint");
    }
    assertRefused(() -> control.promote(THIRD, ANY), Kind.AMBIGUOUS, "[a, b]");
    assertThat(control.promote(THIRD, Optional.of("b")).checkpoint().run()).isEqualTo("b");
    assertThat(control.promote(FIRST, Optional.of("run")).checkpoint().id()).isEqualTo(FIRST);
    assertThat(reloader.refused()).extracting(Refused::checkpoint).containsExactly(SECOND);
  }

  @Test
  void whatIsNotInTheStoreAnyMoreCannotBeHeld() throws Exception {
    Checkpoints.saveBest(store, "run", 1, 10);
    reloader.poll();
    store.delete("run", FIRST);
    assertRefused(control::pin, Kind.UNKNOWN_CHECKPOINT, "cannot be pinned");
    assertThat(store.pinned(ANY)).isEmpty();
    assertThat(reloader.pinned()).isEmpty();
    assertThat(served()).isEqualTo(FIRST);
  }

  @Test
  void withTheStoreAwayNothingChanges() throws Exception {
    Checkpoints.saveBest(store, "run", 1, 10);
    Checkpoints.saveBest(store, "run", 2, 20);
    reloader.poll();
    objects.failAt("runs/");

    assertThatThrownBy(() -> control.promote(FIRST, ANY))
        .isInstanceOf(StoreUnavailableException.class);
    assertThat(answerer()).isEqualTo(SECOND);
    assertThat(reloader.state()).isInstanceOf(Serving.class);
  }

  @Test
  void aBestThatIsWorseThanWhatServesIsRefusedUnlessItIsPromoted() throws Exception {
    Checkpoint good = Checkpoints.of("run", 1, 10, .9);
    store.save(good);
    Checkpoints.pointBestAt(store, good.manifest());
    reloader.poll();
    Checkpoint worse = Checkpoints.of("run", 2, 20, .4);
    store.save(worse);
    Checkpoints.pointBestAt(store, worse.manifest());

    reloader.poll();
    assertThat(answerer()).isEqualTo(FIRST);
    assertThat(reloader.state())
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.reason()).contains("0.4 is less than the 0.9", FIRST));
    assertThat(new CheckpointListing(store, reloader).list().entries().stream())
        .anySatisfy(entry -> assertThat(entry.reason().orElse("")).contains("promote it by hand"));

    control.promote(SECOND, ANY);
    assertThat(answerer()).isEqualTo(SECOND);
    control.unpin();
    reloader.poll();
    assertThat(served()).isEqualTo(SECOND);
    assertThat(reloader.refused()).isEmpty();
  }

  @Test
  void ofAnotherRunAWorseBestIsTaken() throws Exception {
    Checkpoint good = Checkpoints.of("run", 1, 10, .9);
    store.save(good);
    Checkpoints.pointBestAt(store, good.manifest());
    reloader.poll();
    Checkpoint other = Checkpoints.of("newer", 1, 20, .4);
    store.save(other);
    Checkpoints.pointBestAt(store, other.manifest());
    reloader.poll();
    assertThat(reloader.state().serving().orElseThrow().checkpoint().run()).isEqualTo("newer");
  }

  @Test
  void ofASweepARunIsPinnedForAllWhoServeItAndForNoOthers() throws Exception {
    Checkpoints.saveBest(store, "sweep-0", 1, 10);
    Checkpoints.saveBest(store, "sweep-1", 2, 20);
    Checkpoints.saveBest(store, "other", 3, 30);
    RunSelector sweep = RunSelector.of(Optional.of("sweep-*"));
    try (Classifier other = new Classifier(BatchLimits.DEFAULT, new CountingTelemetry())) {
      CheckpointReloader swept =
          new CheckpointReloader(store, sweep, other, Clock.systemUTC(), new CountingReloads());
      swept.poll();
      assertThat(swept.state().serving().orElseThrow().checkpoint().run()).isEqualTo("sweep-1");
      new ServingControl(store, sweep, swept, Clock.systemUTC()).promote(FIRST, ANY);
      assertThat(swept.state().serving().orElseThrow().checkpoint().run()).isEqualTo("sweep-0");
      assertThat(store.runs()).containsExactly("other", "sweep-0", "sweep-1");
      assertThat(store.pinnedOf("sweep-0")).containsExactly(FIRST);

      store.pin(ANY, new PinnedCheckpoint(1, "other", THIRD, Instant.EPOCH));
      swept.poll();
      assertThat(swept.state().serving().orElseThrow().checkpoint().run()).isEqualTo("sweep-1");
    }
  }

  @Test
  void aDamagedPinIsToldAndTheBestServes() throws Exception {
    Checkpoints.saveBest(store, "run", 1, 10);
    for (String damaged : List.of("nonsense", "{}", "null")) {
      objects.put("pin.json", damaged.getBytes(), "");
      reloader.poll();
      assertThat(served()).isEqualTo(FIRST);
      assertThat(reloader.storeStatus().problem().orElseThrow()).contains("pin.json");
      assertThat(store.pinnedOf("run")).isEmpty();
    }
  }

  private static void assertRefused(Runnable change, Kind kind, String says) {
    assertThatThrownBy(change::run)
        .isInstanceOfSatisfying(ControlException.class, e -> assertThat(e.kind()).isEqualTo(kind))
        .hasMessageContaining(says);
  }

  private String served() {
    return ((Serving) reloader.state()).checkpoint().id();
  }

  private String answerer() {
    return classifier
        .classify(ClassificationRequest.of(Images.of(Checkpoints.pixels(1))))
        .join()
        .get(0)
        .checkpoint()
        .id();
  }
}
