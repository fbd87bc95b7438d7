package dev.millrace.checkpoint;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.PinnedCheckpoint;
import dev.millrace.store.ObjectStore;
import dev.millrace.store.ObjectStore.StoredObject;
import dev.millrace.store.ObjectUpdate;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The objects {@code pin.json}, with which an operator selects a checkpoint. A scope is the run of
 * deployments that serve one run; it is empty for deployments that follow the newest run.
 */
final class Pins {
  private static final String JSON = "application/json";

  private final ObjectStore objects;
  private final ObjectUpdate updates;

  Pins(ObjectStore objects, ObjectUpdate updates) {
    this.objects = objects;
    this.updates = updates;
  }

  Optional<PinnedCheckpoint> get(Optional<String> scope) {
    return objects
        .get(RunKeys.pin(scope))
        .map(object -> Json.read(object.content(), PinnedCheckpoint.class));
  }

  void put(Optional<String> scope, PinnedCheckpoint pin) {
    objects.put(RunKeys.pin(scope), Json.prettyBytes(pin), JSON);
  }

  /** Implements {@link CheckpointStore#pinIfPresent}. */
  boolean putIfPresent(Optional<String> scope, PinnedCheckpoint pin) {
    String key = RunKeys.pin(scope);
    Optional<byte[]> before = objects.get(key).map(StoredObject::content);
    put(scope, pin);
    String folder = RunKeys.checkpoint(pin.run(), pin.checkpoint());
    // The order matters: a deletion removes the marker after the manifest.
    if (objects.get(folder + RunKeys.DELETING).isEmpty()
        && objects.get(folder + RunKeys.MANIFEST).isPresent()) {
      return true;
    }
    byte[] ours = Json.prettyBytes(pin);
    if (before.isPresent()) {
      updates.update(key, now -> isEqual(now, ours) ? before : Optional.empty());
    } else if (isEqual(objects.get(key).map(StoredObject::content), ours)) {
      objects.delete(key);
    }
    return false;
  }

  private static boolean isEqual(Optional<byte[]> content, byte[] other) {
    return content.filter(bytes -> Arrays.equals(bytes, other)).isPresent();
  }

  void delete(Optional<String> scope) {
    objects.delete(RunKeys.pin(scope));
  }

  /** Returns the ids of the run's pinned checkpoints, which must not be deleted. */
  Set<String> of(String run) {
    Set<String> ids = new HashSet<>();
    for (Optional<String> scope : List.of(Optional.of(run), Optional.<String>empty())) {
      try {
        get(scope).filter(pin -> run.equals(pin.run())).ifPresent(pin -> ids.add(pin.checkpoint()));
      } catch (MalformedException e) {
        // A damaged pin protects no checkpoint; the service that reads it reports the error.
        continue;
      }
    }
    return ids;
  }
}
