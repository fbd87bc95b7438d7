package dev.millrace.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.ObjectStore.StoredObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests that every object store must pass. */
abstract class ObjectStoreContract {
  private static final String TEXT = "text/plain";

  private ObjectStore store;

  abstract ObjectStore emptyStore() throws Exception;

  @BeforeEach
  void setUp() throws Exception {
    store = emptyStore();
  }

  private String text(String key) {
    return new String(store.get(key).orElseThrow().content(), UTF_8);
  }

  @Test
  void putReplacesAnExistingObject() {
    assertThat(store.get("runs/a/x")).isEmpty();
    store.put("runs/a/x", "one".getBytes(UTF_8), TEXT);
    store.put("runs/a/x", "two".getBytes(UTF_8), TEXT);
    assertThat(text("runs/a/x")).isEqualTo("two");
  }

  @Test
  void readsBackObjectsOfSeveralMegabytes() {
    byte[] large = new byte[12 << 20];
    new Random(1).nextBytes(large);
    store.put("large", large, "application/octet-stream");
    assertThat(store.get("large").orElseThrow().content()).isEqualTo(large);
  }

  @Test
  void conditionalPutFailsAfterAnotherWrite() {
    assertThat(store.putIfUnchanged("k", "1".getBytes(UTF_8), TEXT, Optional.empty())).isTrue();
    assertThat(store.putIfUnchanged("k", "2".getBytes(UTF_8), TEXT, Optional.empty())).isFalse();
    StoredObject first = store.get("k").orElseThrow();
    assertThat(store.putIfUnchanged("k", "3".getBytes(UTF_8), TEXT, Optional.of(first.etag())))
        .isTrue();
    assertThat(store.putIfUnchanged("k", "4".getBytes(UTF_8), TEXT, Optional.of(first.etag())))
        .isFalse();
    assertThat(text("k")).isEqualTo("3");
  }

  @Test
  void onlyOneOfManyConcurrentPutsSucceeds() throws Exception {
    ExecutorService writers = Executors.newFixedThreadPool(8);
    try {
      List<Future<Boolean>> results = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        byte[] content = Integer.toString(i).getBytes(UTF_8);
        results.add(
            writers.submit(() -> store.putIfUnchanged("race", content, TEXT, Optional.empty())));
      }
      int won = 0;
      for (int i = 0; i < results.size(); i++) {
        if (results.get(i).get()) {
          won++;
          assertThat(text("race")).isEqualTo(Integer.toString(i));
        }
      }
      assertThat(won).isEqualTo(1);
    } finally {
      writers.shutdownNow();
    }
  }

  @Test
  void listsKeysAndFoldersInOrder() {
    for (String key : List.of("runs/b/1", "runs/a/2", "runs/a/1", "runs/a/c/d", "runsx", "other")) {
      store.put(key, key.getBytes(UTF_8), TEXT);
    }
    assertThat(store.keys("runs/"))
        .containsExactly("runs/a/1", "runs/a/2", "runs/a/c/d", "runs/b/1");
    assertThat(store.keys("runs/a/c/")).containsExactly("runs/a/c/d");
    assertThat(store.keys("nothing/")).isEmpty();
    assertThat(store.folders("runs/")).containsExactly("a", "b");
    assertThat(store.folders("runs/a/")).containsExactly("c");
    assertThat(store.folders("nothing/")).isEmpty();
  }

  @Test
  void deletesAnObjectAndIgnoresAMissingOne() {
    store.put("k", "1".getBytes(UTF_8), TEXT);
    store.delete("k");
    store.delete("k");
    assertThat(store.get("k")).isEmpty();
    assertThat(store.keys("")).isEmpty();
    assertThat(store.putIfUnchanged("k", "2".getBytes(UTF_8), TEXT, Optional.empty())).isTrue();
  }
}
