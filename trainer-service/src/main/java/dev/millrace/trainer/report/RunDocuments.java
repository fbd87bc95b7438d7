package dev.millrace.trainer.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.EpochMetrics;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads the documents of a run. Damaged documents are logged and left out. */
public final class RunDocuments {
  private static final System.Logger LOG = System.getLogger(RunDocuments.class.getName());

  private RunDocuments() {}

  /** Returns whether a document of a run exists and is valid JSON; a damaged one is logged. */
  public static boolean isReadable(CheckpointStore store, String run, String path) {
    return store
        .document(run, path)
        .flatMap(json -> read(run, path, json, JsonNode.class))
        .filter(json -> json.has("schema"))
        .isPresent();
  }

  private static <T> Optional<T> read(String run, String path, byte[] json, Class<T> type) {
    try {
      return Optional.of(Json.read(json, type));
    } catch (MalformedException e) {
      LOG.log(Level.WARNING, "runs/{0}/{1} is damaged: {2}", run, path, e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * Reads the metrics of the epochs, without damaged ones. If all are damaged, the manifest of the
   * best epoch replaces them; it contains neither learning rate nor speed.
   */
  static List<EpochMetrics> history(CheckpointStore store, CheckpointManifest best) {
    String run = best.run();
    List<EpochMetrics> epochs = readableEpochs(store, run);
    if (!epochs.isEmpty()) {
      return epochs;
    }
    LOG.log(
        Level.WARNING,
        "run {0}: no readable epoch metrics; the report contains only the best epoch, without its learning rate",
        run);
    return List.of(
        EpochMetrics.of(
            best.epoch(),
            best.step(),
            best.metrics(),
            EpochMetrics.Speed.UNKNOWN,
            best.progress().rejected(),
            best.nextOffsets()));
  }

  private static List<EpochMetrics> readableEpochs(CheckpointStore store, String run) {
    return store.documents(run, "metrics/").stream()
        .flatMap(
            path ->
                store
                    .document(run, path)
                    .flatMap(json -> read(run, path, json, EpochMetrics.class))
                    .filter(epoch -> epoch.epoch() > 0 && isComplete(epoch))
                    .stream())
        .toList();
  }

  private static boolean isComplete(EpochMetrics epoch) {
    return Stream.of(
            epoch.trainLoss(),
            epoch.trainAccuracy(),
            epoch.validationLoss(),
            epoch.validationAccuracy(),
            epoch.learningRate(),
            epoch.imagesPerSecond(),
            epoch.seconds())
        .allMatch(Objects::nonNull);
  }
}
