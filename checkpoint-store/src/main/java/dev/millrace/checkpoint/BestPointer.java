package dev.millrace.checkpoint;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.store.ObjectStore;
import dev.millrace.store.ObjectUpdate;
import java.util.Arrays;
import java.util.Optional;

/** The object {@code best.json} of each run, which names the best checkpoint. */
final class BestPointer {
  private final ObjectStore objects;
  private final ObjectUpdate updates;

  BestPointer(ObjectStore objects, ObjectUpdate updates) {
    this.objects = objects;
    this.updates = updates;
  }

  Optional<BestCheckpoint> get(String run) {
    return objects
        .get(RunKeys.best(run))
        .map(object -> Json.read(object.content(), BestCheckpoint.class));
  }

  /** Implements {@link CheckpointStore#offerBest}. */
  boolean offer(BestCheckpoint candidate) {
    boolean written =
        updates.update(
            RunKeys.best(candidate.run()),
            current ->
                current.filter(content -> isAtLeastAsGood(content, candidate)).isPresent()
                    ? Optional.empty()
                    : Optional.of(Json.prettyBytes(candidate)));
    return written || get(candidate.run()).filter(candidate::equals).isPresent();
  }

  private static boolean isAtLeastAsGood(byte[] best, BestCheckpoint candidate) {
    return Json.read(best, BestCheckpoint.class).validationAccuracy()
        >= candidate.validationAccuracy();
  }

  /** Writes {@code best.json} regardless of its current content. */
  void put(BestCheckpoint best) {
    byte[] content = Json.prettyBytes(best);
    updates.update(
        RunKeys.best(best.run()),
        current ->
            current.filter(old -> Arrays.equals(old, content)).isPresent()
                ? Optional.empty()
                : Optional.of(content));
  }

  /**
   * Deletes {@code best.json}.
   *
   * @return whether it existed
   */
  boolean delete(String run) {
    boolean present = objects.get(RunKeys.best(run)).isPresent();
    if (present) {
      objects.delete(RunKeys.best(run));
    }
    return present;
  }
}
