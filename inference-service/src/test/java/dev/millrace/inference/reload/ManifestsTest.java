package dev.millrace.inference.reload;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.selection.BestFinder;
import dev.millrace.inference.selection.Manifests;
import dev.millrace.inference.selection.RunSelector;
import dev.millrace.inference.serving.BatchLimits;
import dev.millrace.inference.serving.Classifier;
import dev.millrace.inference.serving.CountingTelemetry;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Clock;
import org.junit.jupiter.api.Test;

/** What was read of the store is not read at every poll and by everybody who looks at the page. */
class ManifestsTest {
  private static final String MANIFEST =
      "runs/run/checkpoints/epoch-0000000001-step-0000000010/manifest.json";

  private final FailingObjectStore objects = new FailingObjectStore();
  private final CheckpointStore store = new CheckpointStore(objects);

  @Test
  void aListingReadsEachManifestOnce() throws Exception {
    Checkpoints.saveBest(store, "run", 1, 10);
    try (Classifier classifier = new Classifier(BatchLimits.DEFAULT, new CountingTelemetry())) {
      CheckpointReloader reloader =
          new CheckpointReloader(
              store, RunSelector.ANY, classifier, Clock.systemUTC(), new CountingReloads());
      CheckpointListing listing = new CheckpointListing(store, reloader);
      int before = objects.reads(MANIFEST);
      for (int i = 0; i < 3; i++) {
        assertThat(listing.list().entries()).hasSize(1);
      }
      assertThat(objects.reads(MANIFEST) - before).isEqualTo(1);
      Checkpoints.saveBest(store, "run", 2, 20);
      assertThat(listing.list().entries()).hasSize(2);
      store.delete("run", "epoch-0000000001-step-0000000010");
      assertThat(listing.list().entries()).hasSize(1);
    }
  }

  @Test
  void aMidEpochsManifestIsReadAgainForTheEpochMayReplaceIt() {
    CheckpointManifest whole = Checkpoints.of("run", 1, 10).manifest();
    String id = whole.id();
    ObjectNode midEpoch = Json.read(Json.bytes(whole), ObjectNode.class);
    midEpoch.remove("metrics");
    Manifests manifests = new Manifests(store);

    objects.put(MANIFEST, Json.bytes(midEpoch), "application/json");
    assertThat(manifests.of("run", id).orElseThrow().metrics()).isNull();
    objects.put(MANIFEST, Json.bytes(whole), "application/json");
    assertThat(manifests.of("run", id).orElseThrow().metrics()).isEqualTo(whole.metrics());
  }

  @Test
  void lookingForTheNewestRunReadsNoManifestTwice() throws Exception {
    Checkpoints.saveBest(store, "run", 1, 10);
    Checkpoints.saveBest(store, "other", 1, 10);
    BestFinder finder = new BestFinder(store, RunSelector.ANY);
    int before = objects.reads(MANIFEST);
    for (int i = 0; i < 3; i++) {
      assertThat(finder.find().best()).isPresent();
    }
    assertThat(objects.reads(MANIFEST) - before).isEqualTo(1);
  }
}
