package dev.millrace.inference.selection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.store.InMemoryObjectStore;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BestFinderTest {
  private final InMemoryObjectStore objects = new InMemoryObjectStore();
  private final CheckpointStore store = new CheckpointStore(objects);

  private BestCheckpoint offer(String run, double accuracy) {
    BestCheckpoint best =
        new BestCheckpoint(
            BestCheckpoint.SCHEMA, run, CheckpointManifest.id(1, 10), 1, 10, accuracy);
    store.offerBest(best);
    return best;
  }

  @Test
  void ofTheRunsOfASweepTheMostAccurateOneIsFound() {
    BestFinder finder = new BestFinder(store, RunSelector.of(Optional.of("sweep-*")));
    assertThat(finder.find().best()).isEmpty();
    BestCheckpoint first = offer("sweep-0", .7);
    offer("sweep-1", .6);
    offer("another", .9);
    assertThat(finder.find().best()).contains(first);
    BestCheckpoint better = offer("sweep-1", .8);
    assertThat(finder.find().best()).contains(better);
  }

  @Test
  void aRunOfASweepThatCannotBeReadHidesNoOther() {
    BestCheckpoint good = offer("sweep-0", .7);
    objects.put("runs/sweep-1/best.json", "{".getBytes(StandardCharsets.UTF_8), "");
    BestFinder.Found found = new BestFinder(store, RunSelector.of(Optional.of("sweep-*"))).find();
    assertThat(found.best()).contains(good);
    assertThat(found.problem()).hasValueSatisfying(p -> assertThat(p).contains("sweep-1"));
  }
}
