package dev.millrace.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import dev.millrace.protocol.run.CheckpointManifest.EpochProgress;
import dev.millrace.protocol.run.CheckpointManifest.Probe;
import dev.millrace.protocol.run.CheckpointManifest.Recipe;
import dev.millrace.protocol.run.CheckpointManifest.StoredFile;
import dev.millrace.protocol.run.PinnedCheckpoint;
import dev.millrace.store.ObjectStore;
import dev.millrace.store.StoreRefusedException;
import dev.millrace.store.StoreUnavailableException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests that a checkpoint store must pass on every object store. */
abstract class CheckpointStoreContract {
  private static final String FOLDER = "runs/r/checkpoints/epoch-0000000001-step-0000000010/";

  /** An object store that fails after a given number of writes, like a process that is killed. */
  private static class KilledAfter implements ObjectStore {
    private final ObjectStore objects;
    private int writes;

    KilledAfter(ObjectStore objects, int writes) {
      this.objects = objects;
      this.writes = writes;
    }

    private void write() {
      if (writes-- == 0) {
        throw new StoreUnavailableException("killed", null);
      }
    }

    @Override
    public void put(String key, byte[] content, String contentType) {
      write();
      objects.put(key, content, contentType);
    }

    @Override
    public boolean putIfUnchanged(
        String key, byte[] content, String contentType, Optional<String> expected) {
      write();
      return objects.putIfUnchanged(key, content, contentType, expected);
    }

    @Override
    public Optional<StoredObject> get(String key) {
      return objects.get(key);
    }

    @Override
    public List<String> keys(String prefix) {
      return objects.keys(prefix);
    }

    @Override
    public List<String> folders(String prefix) {
      return objects.folders(prefix);
    }

    @Override
    public void delete(String key) {
      write();
      objects.delete(key);
    }
  }

  /** An object store that runs an action of another process before one of its requests. */
  private static final class Between extends KilledAfter {
    private final Runnable action;
    private int requests;

    Between(ObjectStore objects, int requests, Runnable action) {
      super(objects, Integer.MAX_VALUE);
      this.requests = requests;
      this.action = action;
    }

    private void request() {
      if (requests-- == 0) {
        action.run();
      }
    }

    @Override
    public void put(String key, byte[] content, String contentType) {
      request();
      super.put(key, content, contentType);
    }

    @Override
    public Optional<StoredObject> get(String key) {
      request();
      return super.get(key);
    }

    @Override
    public List<String> keys(String prefix) {
      request();
      return super.keys(prefix);
    }

    @Override
    public void delete(String key) {
      request();
      super.delete(key);
    }
  }

  private ObjectStore objects;
  private CheckpointStore store;

  abstract ObjectStore emptyStore() throws Exception;

  @BeforeEach
  void setUp() throws Exception {
    objects = emptyStore();
    store = new CheckpointStore(objects);
  }

  static Checkpoint checkpoint(int epoch, long step) {
    byte[] weights = {1, 2, (byte) step};
    byte[] optimizer = {3, (byte) step};
    CheckpointManifest manifest =
        CheckpointManifest.builder("r", epoch, step).stream("0123456789abcdef")
            .architecture("tinyimagenet")
            .dataset("cifar10")
            .recipe(new Recipe(0, "sgd", 0.9, 5e-4, "one-cycle", 0.05, 12, 4, 1))
            .nextOffsets(Map.of(0, step + 1))
            .progress(new EpochProgress(10, 0, 1280, 2.5, 100, List.of("00"), true))
            .metrics(new CheckpointMetrics(2, .2, 1.9, .3))
            .normalization(Normalization.CIFAR10)
            .classes(List.of("a", "b"))
            .files(
                StoredFile.of(CheckpointStore.WEIGHTS, weights),
                StoredFile.of(CheckpointStore.OPTIMIZER, optimizer))
            .probe(new Probe(new byte[] {9}, List.of(List.of(.1f, .2f))))
            .created(Instant.parse("2026-11-24T10:00:00.123Z"))
            .build();
    return new Checkpoint(manifest, weights, optimizer);
  }

  static BestCheckpoint best(int epoch, double accuracy) {
    return new BestCheckpoint(
        BestCheckpoint.SCHEMA, "r", CheckpointManifest.id(epoch, 10), epoch, 10, accuracy);
  }

  @Test
  void loadsWhatWasSaved() {
    Checkpoint saved = checkpoint(1, 10);
    store.save(saved);

    Checkpoint loaded = store.load(store.newest("r").orElseThrow());
    assertThat(loaded.weights()).isEqualTo(saved.weights());
    assertThat(loaded.optimizer()).isEqualTo(saved.optimizer());
    assertThat(loaded.manifest()).usingRecursiveComparison().isEqualTo(saved.manifest());
    assertThat(objects.keys(""))
        .containsExactly(
            FOLDER + "manifest.json",
            FOLDER + "optimizer.safetensors",
            FOLDER + "weights.safetensors");
  }

  @Test
  void newestCheckpointHasTheMostSteps() {
    assertThat(store.newest("r")).isEmpty();
    for (long step : new long[] {9, 99_999_999, 10}) {
      store.save(checkpoint(1, step));
    }
    store.save(checkpoint(2, 12));
    assertThat(store.newest("r").orElseThrow().step()).isEqualTo(99_999_999);
    assertThat(store.checkpoints("r")).hasSize(4).last().asString().endsWith("99999999");
    assertThat(store.runs()).containsExactly("r");
  }

  /** Earlier versions wrote four and eight digits. */
  @Test
  void ordersCheckpointsAndDocumentsByNumberNotByDigits() {
    store.save(checkpoint(1, 20));
    objects.put(
        "runs/r/checkpoints/epoch-0001-step-00000010/manifest.json",
        Json.prettyBytes(checkpoint(1, 10).manifest()),
        "application/json");
    objects.put(
        "runs/r/checkpoints/epoch-0002-step-00000030/manifest.json",
        Json.prettyBytes(checkpoint(2, 30).manifest()),
        "application/json");
    assertThat(store.checkpoints("r"))
        .containsExactly(
            "epoch-0001-step-00000010",
            "epoch-0000000001-step-0000000020",
            "epoch-0002-step-00000030");
    for (String path : List.of("metrics/epoch-0000000010.json", "metrics/epoch-0009.json")) {
      store.putDocument("r", path, new byte[0], "application/json");
    }
    assertThat(store.documents("r", "metrics/"))
        .containsExactly("metrics/epoch-0009.json", "metrics/epoch-0000000010.json");
  }

  @Test
  void killedSaveLeavesNoCheckpointAndCanBeRepeated() {
    for (int writes = 0; writes < 3; writes++) {
      CheckpointStore killed = new CheckpointStore(new KilledAfter(objects, writes));
      assertThatThrownBy(() -> killed.save(checkpoint(1, 10)))
          .isInstanceOf(StoreUnavailableException.class);
      assertThat(store.newest("r")).isEmpty();
    }
    store.save(checkpoint(1, 10));
    assertThat(store.load(store.newest("r").orElseThrow())).isNotNull();
  }

  @Test
  void killedDeletionLeavesACompleteCheckpointOrNone() {
    for (int writes = 0; writes < 4; writes++) {
      store.save(checkpoint(1, 10));
      CheckpointStore killed = new CheckpointStore(new KilledAfter(objects, writes));
      try {
        killed.delete("r", CheckpointManifest.id(1, 10));
      } catch (StoreUnavailableException e) {
        assertThat(writes).isLessThan(3);
      }
      store.newest("r").ifPresent(store::load);
      assertThat(store.newest("r").isPresent()).isEqualTo(writes == 0);
    }
  }

  @Test
  void rejectsFilesThatDoNotMatchTheManifest() {
    store.save(checkpoint(1, 10));
    CheckpointManifest manifest = store.newest("r").orElseThrow();
    objects.put(FOLDER + "optimizer.safetensors", new byte[] {3, 11}, "application/octet-stream");
    assertThatThrownBy(() -> store.load(manifest))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining(FOLDER + "optimizer.safetensors")
        .hasMessageContaining("SHA-256");
    objects.delete(FOLDER + "weights.safetensors");
    assertThatThrownBy(() -> store.loadWeights(manifest))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining(FOLDER + "weights.safetensors is missing");
  }

  @Test
  void replacesTheBestOnlyByABetterCheckpoint() {
    assertThat(store.best("r")).isEmpty();
    assertThat(store.offerBest(best(1, .5))).isTrue();
    assertThat(store.offerBest(best(2, .5))).isFalse();
    assertThat(store.offerBest(best(3, .4))).isFalse();
    assertThat(store.offerBest(best(1, .5))).as("the same again").isTrue();
    assertThat(store.offerBest(best(4, .6))).isTrue();
    assertThat(store.best("r")).contains(best(4, .6));
  }

  @Test
  void comparesAgainAfterAConcurrentUpdateOfTheBest() {
    store.offerBest(best(1, .5));
    ObjectStore overtaken =
        new KilledAfter(objects, Integer.MAX_VALUE) {
          private boolean first = true;

          @Override
          public Optional<StoredObject> get(String key) {
            Optional<StoredObject> found = super.get(key);
            if (first) {
              first = false;
              store.offerBest(best(3, .9));
            }
            return found;
          }
        };
    assertThat(new CheckpointStore(overtaken).offerBest(best(2, .6))).isFalse();
    assertThat(store.best("r")).contains(best(3, .9));
  }

  private static PinnedCheckpoint pin(int epoch, long step) {
    return new PinnedCheckpoint(
        PinnedCheckpoint.SCHEMA, "r", CheckpointManifest.id(epoch, step), Instant.EPOCH);
  }

  @Test
  void pinnedCheckpointsAreNotDeletedAndDeletedOnesNotPinned() {
    String first = CheckpointManifest.id(1, 10);
    String second = CheckpointManifest.id(2, 20);
    store.save(checkpoint(1, 10));
    store.save(checkpoint(2, 20));
    for (Optional<String> scope : List.of(Optional.of("r"), Optional.<String>empty())) {
      assertThat(store.pinIfPresent(scope, pin(1, 10))).isTrue();
      assertThat(store.deleteUnlessPinned("r", first)).isFalse();
      store.unpin(scope);
    }
    assertThat(store.pinIfPresent(Optional.of("r"), pin(2, 20))).isTrue();
    assertThat(store.deleteUnlessPinned("r", first)).isTrue();
    assertThat(store.checkpoints("r")).containsExactly(second);
    assertThat(objects.keys(FOLDER)).isEmpty();

    assertThat(store.pinIfPresent(Optional.of("r"), pin(1, 10))).isFalse();
    assertThat(store.pinned(Optional.of("r"))).as("the pin before").contains(pin(2, 20));
    assertThat(store.pinIfPresent(Optional.empty(), pin(1, 10))).isFalse();
    assertThat(store.pinned(Optional.empty())).isEmpty();
  }

  /** Runs the concurrent operation before each request of the tested operation. */
  @Test
  void concurrentPinAndDeletionNeverPinADeletedCheckpoint() {
    String id = CheckpointManifest.id(1, 10);
    for (int request = 0; request < 12; request++) {
      store.save(checkpoint(1, 10));
      boolean[] pinned = new boolean[1];
      Between meeting =
          new Between(
              objects, request, () -> pinned[0] = store.pinIfPresent(Optional.of("r"), pin(1, 10)));
      boolean deleted = new CheckpointStore(meeting).deleteUnlessPinned("r", id);
      assertConsistent(deleted, pinned[0], "pinned at request " + request);

      store.save(checkpoint(1, 10));
      boolean[] gone = new boolean[1];
      meeting = new Between(objects, request, () -> gone[0] = store.deleteUnlessPinned("r", id));
      boolean held = new CheckpointStore(meeting).pinIfPresent(Optional.of("r"), pin(1, 10));
      assertConsistent(gone[0], held, "deleted at request " + request);
    }
  }

  private void assertConsistent(boolean deleted, boolean pinned, String how) {
    assertThat(deleted && pinned).as(how).isFalse();
    assertThat(store.pinned(Optional.of("r")).isPresent()).as(how).isEqualTo(pinned);
    assertThat(store.newest("r").isPresent()).as(how).isEqualTo(!deleted);
    store.newest("r").ifPresent(store::load);
    store.unpin(Optional.of("r"));
    store.delete("r", CheckpointManifest.id(1, 10));
  }

  @Test
  void completesAKilledDeletionLater() {
    for (int writes = 1; writes < 5; writes++) {
      store.save(checkpoint(1, 10));
      store.save(checkpoint(2, 20));
      CheckpointStore killed = new CheckpointStore(new KilledAfter(objects, writes));
      assertThatThrownBy(() -> killed.deleteUnlessPinned("r", CheckpointManifest.id(1, 10)))
          .isInstanceOf(StoreUnavailableException.class);
      store.finishDeletions("r");
      if (writes > 1) {
        assertThat(objects.keys(FOLDER)).as("killed after %d writes", writes).isEmpty();
      }
      assertThat(store.checkpoints("r")).contains(CheckpointManifest.id(2, 20));
    }
  }

  @Test
  void refusesAnObjectThatOthersKeepChanging() {
    store.offerBest(best(1, .1));
    ObjectStore contended =
        new KilledAfter(objects, Integer.MAX_VALUE) {
          private int writes;

          @Override
          public Optional<StoredObject> get(String key) {
            Optional<StoredObject> found = super.get(key);
            store.putBest(best(2, .2 + .001 * writes++));
            return found;
          }
        };
    assertThatThrownBy(() -> new CheckpointStore(contended).offerBest(best(3, .9)))
        .isInstanceOf(StoreRefusedException.class)
        .hasMessageContaining("runs/r/best.json was changed by other processes")
        .hasMessageContaining("MILLRACE_TRAINER_RUN");
  }
}
