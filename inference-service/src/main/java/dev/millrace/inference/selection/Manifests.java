package dev.millrace.inference.selection;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.protocol.run.CheckpointManifest;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Caches the manifests of completed epochs, which do not change. The manifest of a checkpoint
 * within an epoch is read each time, since the epoch's own checkpoint may replace it under the same
 * id. For listings and comparisons only; the reloader reads what it serves from the store. Bounded;
 * thread-safe.
 */
public final class Manifests {
  static final int KEPT = 256;

  private record Key(String run, String id) {}

  private final CheckpointStore store;
  private final Map<Key, CheckpointManifest> known =
      Collections.synchronizedMap(
          new LinkedHashMap<>(KEPT, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Key, CheckpointManifest> eldest) {
              return size() > KEPT;
            }
          });

  public Manifests(CheckpointStore store) {
    this.store = store;
  }

  /**
   * Returns a manifest from the cache or from the store.
   *
   * @throws dev.millrace.protocol.MalformedException if it is not a manifest
   */
  public Optional<CheckpointManifest> of(String run, String id) {
    Key key = new Key(run, id);
    CheckpointManifest manifest = known.get(key);
    if (manifest != null) {
      return Optional.of(manifest);
    }
    Optional<CheckpointManifest> read = store.manifest(run, id);
    read.filter(found -> found.metrics() != null).ifPresent(found -> known.put(key, found));
    return read;
  }
}
