package dev.millrace.inference.reload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.checkpoint.Checkpoint;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.reload.CheckpointListing.Entry;
import dev.millrace.inference.reload.CheckpointListing.State;
import dev.millrace.inference.reload.ReloadState.Empty;
import dev.millrace.inference.reload.ReloadState.Refused;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.inference.reload.ReloadState.Verifying;
import dev.millrace.inference.selection.RunSelector;
import dev.millrace.inference.serving.BatchLimits;
import dev.millrace.inference.serving.ClassificationRequest;
import dev.millrace.inference.serving.Classifier;
import dev.millrace.inference.serving.CountingTelemetry;
import dev.millrace.inference.serving.Images;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.store.StoreRefusedException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointReloaderTest {
  private static final Instant NOW = Instant.parse("2026-02-03T04:05:06Z");

  private final FailingObjectStore objects = new FailingObjectStore();
  private final CheckpointStore store = new CheckpointStore(objects);
  private final CountingReloads telemetry = new CountingReloads();
  private final Classifier classifier =
      new Classifier(BatchLimits.DEFAULT, new CountingTelemetry());
  private final CheckpointReloader reloader = reloader(Optional.empty());

  private CheckpointReloader reloader(Optional<String> run) {
    return new CheckpointReloader(
        store, RunSelector.of(run), classifier, Clock.fixed(NOW, ZoneOffset.UTC), telemetry);
  }

  @AfterEach
  void close() throws InterruptedException {
    classifier.close();
  }

  @Test
  void withNothingInTheStoreNothingServes() throws Exception {
    reloader.poll();

    assertThat(reloader.state()).isEqualTo(new Empty());
    assertThat(reloader.storeStatus().problem()).isEmpty();
  }

  @Test
  void theBestCheckpointServesAndABetterOneTakesOver() throws Exception {
    Checkpoints.saveBest(store, "run", 1, 10);
    reloader.poll();
    assertThat(served()).isEqualTo("epoch-0000000001-step-0000000010");

    Checkpoint better = Checkpoints.saveBest(store, "run", 2, 20);
    reloader.poll();
    assertThat(served()).isEqualTo("epoch-0000000002-step-0000000020");
    assertThat(answerer()).isEqualTo(better.manifest().id());
    assertThat(telemetry.states)
        .extracting(Object::getClass)
        .containsExactly(Verifying.class, Serving.class, Verifying.class, Serving.class);

    reloader.poll();
    assertThat(telemetry.states).hasSize(4);
  }

  @Test
  void ofSeveralRunsTheNewestServesAndANamedOneStays() throws Exception {
    Checkpoints.saveBest(store, "a-newer", 1, 30);
    Checkpoints.saveBest(store, "b-older", 1, 10);
    store.save(Checkpoints.of("c-without-best", 1, 40));
    reloader.poll();
    assertThat(reloader.state().serving().orElseThrow().checkpoint().run()).isEqualTo("a-newer");

    CheckpointReloader named = reloader(Optional.of("b-older"));
    named.poll();
    assertThat(named.state().serving().orElseThrow().checkpoint().run()).isEqualTo("b-older");
  }

  @Test
  void aCheckpointWithOtherWeightsIsRefusedOnceAndTheOldOneServesOn() throws Exception {
    Checkpoints.saveBest(store, "run", 1, 10);
    reloader.poll();
    Checkpoint good = Checkpoints.saveBest(store, "run", 2, 20);
    objects.put(key(good, "weights.safetensors"), new byte[] {1, 2, 3}, "");
    reloader.poll();

    assertRefused("epoch-0000000002-step-0000000020", "SHA-256");
    assertThat(answerer()).isEqualTo("epoch-0000000001-step-0000000010");
    int transitions = telemetry.states.size();
    int reads = objects.reads(key(good, "weights.safetensors"));
    reloader.poll();
    assertThat(telemetry.states).hasSize(transitions);
    assertThat(objects.reads(key(good, "weights.safetensors"))).isEqualTo(reads);

    store.save(
        new Checkpoint(ManifestCopy.later(good.manifest()), good.weights(), good.optimizer()));
    reloader.poll();
    assertThat(served()).isEqualTo("epoch-0000000002-step-0000000020");
    assertThat(reloader.refused()).isEmpty();
  }

  @Test
  void everyKindOfDamageIsRefusedWithItsReason() throws Exception {
    Checkpoint good = Checkpoints.saveBest(store, "run", 1, 10);
    CheckpointManifest m = good.manifest();
    String manifest = key(good, "manifest.json");

    objects.put(manifest, "{\"schema\":1,".getBytes(), "");
    reloader.poll();
    assertRefused(m.id(), "manifest.json is not a CheckpointManifest");

    objects.delete(manifest);
    objects.put(manifest, "{}".getBytes(), "");
    reloader.poll();
    assertRefused(m.id(), "its manifest is that of null");

    write(manifest, ManifestCopy.of(m, "alexnet", m.classes(), m.probe()));
    reloader.poll();
    assertRefused(m.id(), "alexnet");

    write(manifest, ManifestCopy.of(m, m.architecture(), null, m.probe()));
    reloader.poll();
    assertRefused(m.id(), "no classes");

    write(manifest, ManifestCopy.of(m, m.architecture(), m.classes(), null));
    reloader.poll();
    assertRefused(m.id(), "no probe");

    write(manifest, ManifestCopy.nineClasses(m));
    reloader.poll();
    assertRefused(m.id(), "fc3.weight");

    write(manifest, ManifestCopy.otherLogits(m));
    reloader.poll();
    assertRefused(m.id(), "the trainer");

    objects.delete(key(good, "weights.safetensors"));
    write(manifest, m);
    reloader.poll();
    assertRefused(m.id(), "weights.safetensors is missing");
    assertThat(telemetry.failures).isEmpty();
  }

  @Test
  void aManifestThatIsMissingIsTakenWhenItComes() throws Exception {
    Checkpoint checkpoint = Checkpoints.of("run", 1, 10);
    Checkpoints.pointBestAt(store, checkpoint.manifest());
    reloader.poll();
    assertRefused("epoch-0000000001-step-0000000010", "manifest.json is missing");

    store.save(checkpoint);
    reloader.poll();
    assertThat(served()).isEqualTo("epoch-0000000001-step-0000000010");
  }

  @Test
  void whenTheBestIsAgainTheOneThatServesTheRefusalIsOver() throws Exception {
    Checkpoint first = Checkpoints.saveBest(store, "run", 1, 10);
    byte[] best = objects.get("runs/run/best.json").orElseThrow().content();
    reloader.poll();
    Checkpoint bad = Checkpoints.saveBest(store, "run", 2, 20);
    objects.delete(key(bad, "weights.safetensors"));
    reloader.poll();
    assertThat(reloader.state()).isInstanceOf(Refused.class);

    objects.put("runs/run/best.json", best, "");
    reloader.poll();
    assertThat(served()).isEqualTo(first.manifest().id());
    assertThat(reloader.refused()).hasSize(1);
  }

  @Test
  void aStoreThatIsAwayChangesNothingAndIsTold() throws Exception {
    Checkpoints.saveBest(store, "run", 1, 10);
    reloader.poll();
    Checkpoints.saveBest(store, "run", 2, 20);
    objects.failAt("weights.safetensors");
    reloader.poll();

    assertThat(served()).isEqualTo("epoch-0000000001-step-0000000010");
    assertThat(reloader.storeStatus().problem())
        .hasValueSatisfying(p -> assertThat(p).contains("away"));
    assertThat(reloader.refused()).isEmpty();

    objects.failAt(null);
    reloader.poll();
    assertThat(served()).isEqualTo("epoch-0000000002-step-0000000020");
    assertThat(reloader.storeStatus().problem()).isEmpty();
  }

  @Test
  void aDamagedBestJsonOfOneRunIsToldAndHidesNoOther() throws Exception {
    objects.put("runs/bad/best.json", "nonsense".getBytes(), "");
    Checkpoints.saveBest(store, "run", 1, 10);
    reloader.poll();

    assertThat(served()).isEqualTo("epoch-0000000001-step-0000000010");
    assertThat(reloader.storeStatus().problem().orElseThrow()).contains("best.json of run bad");
  }

  @Test
  void aStoreThatRefusesChangesNothingWhatServesAndIsTold() throws Exception {
    Checkpoints.saveBest(store, "run", 1, 10);
    reloader.poll();
    assertThat(reloader.storeFailure()).isEmpty();
    objects.refuseAt("runs/");
    reloader.poll();

    assertThat(served()).isEqualTo("epoch-0000000001-step-0000000010");
    assertThat(answerer()).isEqualTo("epoch-0000000001-step-0000000010");
    assertThat(reloader.storeFailure()).containsInstanceOf(StoreRefusedException.class);
    assertThat(reloader.storeStatus().problem()).hasValue("AccessDenied");
    assertThat(telemetry.failures).isEmpty();

    objects.refuseAt(null);
    reloader.poll();
    assertThat(reloader.storeFailure()).isEmpty();
    assertThat(reloader.storeStatus().problem()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "manifest.json", "weights.safetensors"})
  void withoutAModelTheBestOfThoseThatAreWholeServesForADamagedBest(String file) throws Exception {
    store.save(Checkpoints.of("run", 1, 10, .3));
    store.save(Checkpoints.of("run", 2, 20, .6));
    store.save(Checkpoints.of("run", 3, 30, .5));
    Checkpoint best = Checkpoints.of("run", 4, 40, .9);
    store.save(best);
    Checkpoints.pointBestAt(store, best.manifest());
    for (String name : List.of("manifest.json", "weights.safetensors", "optimizer.safetensors")) {
      if (file.isEmpty()) {
        objects.delete(key(best, name));
      } else if (name.equals(file)) {
        objects.put(key(best, name), new byte[20], "");
      }
    }
    reloader.poll();

    assertThat(served()).isEqualTo("epoch-0000000002-step-0000000020");
    assertThat(reloader.storeStatus().problem().orElseThrow())
        .contains("best.json of run run names epoch-0000000004-step-0000000040")
        .contains("serving epoch-0000000002-step-0000000020");
    reloader.poll();
    assertThat(telemetry.stores).hasSize(1);

    store.save(
        new Checkpoint(ManifestCopy.later(best.manifest()), best.weights(), best.optimizer()));
    reloader.poll();
    assertThat(served()).isEqualTo("epoch-0000000004-step-0000000040");
    assertThat(reloader.storeStatus().problem()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{\"schema\":1,\"run\":\"ru", "{}", "null"})
  void aDamagedBestJsonIsReplacedByTheMostAccurateCheckpoint(String damaged) throws Exception {
    store.save(Checkpoints.of("run", 1, 10, .6));
    store.save(Checkpoints.of("run", 2, 20, .5));
    objects.put("runs/run/best.json", damaged.getBytes(), "");
    reloader.poll();

    assertThat(served()).isEqualTo("epoch-0000000001-step-0000000010");
    assertThat(reloader.storeStatus().problem().orElseThrow())
        .contains("best.json of run run")
        .contains("taking epoch-0000000001-step-0000000010");
  }

  @Test
  void aDamagedBestWithoutAnotherServesNothingAndSaysWhy() throws Exception {
    Checkpoint best = Checkpoints.saveBest(store, "run", 1, 10);
    objects.put(key(best, "weights.safetensors"), new byte[0], "");
    reloader.poll();
    assertRefused(best.manifest().id(), "weights.safetensors has 0 bytes");
    assertThat(reloader.state().serving()).isEmpty();
  }

  @Test
  void theListingNamesWhatServesWhatWasRefusedAndTheRest() throws Exception {
    store.save(Checkpoints.of("run", 1, 5));
    Checkpoints.saveBest(store, "run", 1, 10);
    reloader.poll();
    Checkpoint bad = Checkpoints.saveBest(store, "run", 2, 20);
    objects.delete(key(bad, "weights.safetensors"));
    reloader.poll();
    CheckpointListing listing = new CheckpointListing(store, reloader);

    assertThat(listing.list().entries())
        .extracting(Entry::state)
        .containsExactly(State.KNOWN, State.SERVING, State.REFUSED);
    assertThat(listing.list().entries().get(2).reason().orElseThrow()).contains("is missing");

    objects.failAt("runs/");
    assertThat(listing.list().problem()).isPresent();
    assertThat(listing.list().entries())
        .extracting(Entry::state)
        .containsExactlyInAnyOrder(State.SERVING, State.REFUSED);
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

  private void assertRefused(String id, String reason) {
    assertThat(reloader.state())
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.checkpoint()).isEqualTo(id);
              assertThat(refused.reason()).contains(reason);
              assertThat(refused.at()).isEqualTo(NOW);
            });
  }

  private static String key(Checkpoint checkpoint, String file) {
    CheckpointManifest manifest = checkpoint.manifest();
    return "runs/%s/checkpoints/%s/%s".formatted(manifest.run(), manifest.id(), file);
  }

  private void write(String key, CheckpointManifest manifest) {
    objects.put(key, Json.prettyBytes(manifest), "");
  }
}
