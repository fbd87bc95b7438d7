package dev.millrace.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import dev.millrace.store.InMemoryObjectStore;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests runs whose objects were deleted or damaged by hand, a full disk or a faulty copy. */
class RunRepairTest {
  private static final String FIRST = CheckpointManifest.id(1, 10);
  private static final String SECOND = CheckpointManifest.id(2, 20);
  private static final String THIRD = CheckpointManifest.id(3, 30);

  private final InMemoryObjectStore objects = new InMemoryObjectStore();
  private final CheckpointStore store = new CheckpointStore(objects);
  private final RunRepair repair = new RunRepair(store, "r");

  /** Saves three checkpoints; the second one is the best. */
  @BeforeEach
  void save() {
    save(1, 10, .3);
    save(2, 20, .8);
    save(3, 30, .5);
  }

  private void save(int epoch, long step, double accuracy) {
    Checkpoint checkpoint = CheckpointStoreContract.checkpoint(epoch, step);
    CheckpointManifest manifest =
        checkpoint.manifest().toBuilder()
            .metrics(new CheckpointMetrics(1, .5, 1, accuracy))
            .build();
    store.save(new Checkpoint(manifest, checkpoint.weights(), checkpoint.optimizer()));
    store.offerBest(BestCheckpoint.of(manifest));
  }

  private static String key(String id, String file) {
    return "runs/r/checkpoints/" + id + "/" + file;
  }

  private static byte[] half(byte[] content) {
    return Arrays.copyOf(content, content.length / 2);
  }

  private static byte[] flipped(byte[] content) {
    byte[] other = content.clone();
    other[0] ^= 1;
    return other;
  }

  /** Changes an object; deletes it if the function returns null. */
  private void damage(String key, UnaryOperator<byte[]> damage) {
    byte[] damaged = damage.apply(objects.get(key).orElseThrow().content());
    if (damaged == null) {
      objects.delete(key);
    } else {
      objects.put(key, damaged, "");
    }
  }

  static Stream<Named<UnaryOperator<byte[]>>> damages() {
    return Stream.of(
        Named.of("deleted", content -> null),
        Named.of("empty", content -> new byte[0]),
        Named.of("cut off", RunRepairTest::half),
        Named.of("flipped", RunRepairTest::flipped),
        Named.of("other JSON", content -> "{}".getBytes(UTF_8)),
        Named.of("null", content -> "null".getBytes(UTF_8)));
  }

  @ParameterizedTest
  @MethodSource("damages")
  void skipsADamagedNewestCheckpoint(UnaryOperator<byte[]> damage) {
    for (String file :
        new String[] {"manifest.json", "weights.safetensors", "optimizer.safetensors"}) {
      save(3, 30, .5);
      assertThat(repair.newestIntact().orElseThrow().manifest().id()).isEqualTo(THIRD);
      damage(key(THIRD, file), damage);
      assertThat(repair.newestIntact().orElseThrow().manifest().id()).as(file).isEqualTo(SECOND);
    }
  }

  @Test
  void runWithoutIntactCheckpointsIsRefusedWithRemedies() {
    for (String id : store.checkpoints("r")) {
      damage(key(id, "weights.safetensors"), RunRepairTest::half);
    }
    assertThatThrownBy(repair::newestIntact)
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("none of its 3 checkpoints is intact")
        .hasMessageContaining(key(THIRD, "weights.safetensors"))
        .hasMessageContaining("delete runs/r to train the run from its beginning");
    store.checkpoints("r").forEach(id -> store.delete("r", id));
    assertThatThrownBy(repair::newestIntact)
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("its checkpoints were deleted")
        .hasMessageContaining("MILLRACE_TRAINER_RUN");
  }

  @Test
  void findsTheNewestReadableManifestWithoutItsFiles() {
    damage(key(THIRD, "manifest.json"), RunRepairTest::half);
    damage(key(SECOND, "weights.safetensors"), content -> null);
    assertThat(repair.newestManifest().orElseThrow().id()).isEqualTo(SECOND);
  }

  @Test
  void newRunNeedsNoRepair() {
    assertThat(new RunRepair(store, "new").newestManifest()).isEmpty();
    RunRepair other = new RunRepair(store, "new");
    assertThat(other.newestIntact()).isEmpty();
    assertThat(other.repairBest()).isEmpty();
    assertThat(store.best("new")).isEmpty();
  }

  @Test
  void keepsAnIntactBest() {
    BestCheckpoint best = store.best("r").orElseThrow();
    assertThat(repair.repairBest()).isEmpty();
    assertThat(store.best("r")).contains(best);
  }

  @ParameterizedTest
  @MethodSource("damages")
  void replacesADamagedBestByTheMostAccurateOtherCheckpoint(UnaryOperator<byte[]> damage) {
    for (String file : new String[] {"manifest.json", "weights.safetensors"}) {
      save(2, 20, .8);
      assertThat(store.best("r").orElseThrow().checkpoint()).isEqualTo(SECOND);
      damage(key(SECOND, file), damage);
      assertThat(repair.repairBest().orElseThrow().checkpoint()).as(file).isEqualTo(THIRD);
      assertThat(store.best("r").orElseThrow().validationAccuracy()).isEqualTo(.5);
    }
  }

  @ParameterizedTest
  @MethodSource("damages")
  void repairsADamagedBestJsonFromTheManifests(UnaryOperator<byte[]> damage) {
    damage("runs/r/best.json", damage);
    assertThat(repair.repairBest().orElseThrow().checkpoint()).isEqualTo(SECOND);
    assertThat(store.best("r").orElseThrow().validationAccuracy()).isEqualTo(.8);
  }

  @Test
  void repairsABestJsonOfAnotherRun() {
    objects.put(
        "runs/r/best.json",
        "{\"schema\":1,\"run\":\"s\",\"checkpoint\":\"%s\",\"validationAccuracy\":1}"
            .formatted(SECOND)
            .getBytes(UTF_8),
        "");
    assertThat(repair.repairBest().orElseThrow().checkpoint()).isEqualTo(SECOND);
  }

  @Test
  void deletesTheBestIfNoCheckpointIsLeft() {
    store.checkpoints("r").forEach(id -> store.delete("r", id));
    assertThat(repair.repairBest()).isEmpty();
    assertThat(store.best("r")).isEmpty();
  }
}
