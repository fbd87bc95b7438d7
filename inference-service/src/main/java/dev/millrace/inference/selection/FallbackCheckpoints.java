package dev.millrace.inference.selection;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.CheckpointManifest;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Lists the checkpoints that may serve if the one that {@code best.json} names is damaged. */
public final class FallbackCheckpoints {
  private FallbackCheckpoints() {}

  /**
   * Lists a run's checkpoints with readable manifests, the most accurate first. Checkpoints within
   * an epoch, whose accuracy is unknown, come last, the newest of them first.
   */
  public static List<CheckpointManifest> of(CheckpointStore store, String run) {
    return store.checkpoints(run).stream()
        .flatMap(id -> readable(store, run, id))
        .sorted(
            Comparator.comparingDouble(FallbackCheckpoints::accuracy)
                .thenComparingLong(CheckpointManifest::step)
                .reversed())
        .toList();
  }

  private static Stream<CheckpointManifest> readable(CheckpointStore store, String run, String id) {
    try {
      return store
          .manifest(run, id)
          .filter(manifest -> run.equals(manifest.run()) && id.equals(manifest.id()))
          .stream();
    } catch (MalformedException e) {
      // The list of checkpoints shows it as refused, with this reason.
      return Stream.empty();
    }
  }

  private static double accuracy(CheckpointManifest manifest) {
    return Optional.ofNullable(manifest.metrics())
        .map(CheckpointManifest.CheckpointMetrics::validationAccuracy)
        .orElse(-1.0);
  }
}
