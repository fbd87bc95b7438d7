package dev.millrace.trainer.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.checkpoint.RunRepair;
import dev.millrace.model.Network;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.protocol.run.RunReport;
import dev.millrace.protocol.run.RunReport.ClassResult;
import dev.millrace.protocol.run.RunReport.Mistake;
import dev.millrace.protocol.run.RunReport.Results;
import dev.millrace.protocol.run.RunReport.SplitResult;
import dev.millrace.protocol.run.RunReport.Subject;
import dev.millrace.protocol.run.RunReport.TestDetails;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.stream.StreamDescription;
import dev.millrace.trainer.loop.EvaluationSplit;
import dev.millrace.trainer.loop.StreamException;
import dev.millrace.trainer.loop.TrainerSettings;
import dev.millrace.trainer.step.ComputeDevice;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Evaluates the best checkpoint of a run on the test split and writes the report. The JSON is
 * written last: while {@code report/report.json} is missing, the run is not complete.
 */
public final class ReportWriter {
  private static final int MISTAKES = 25;
  private static final String FINAL = "report/";
  private static final String INTERIM = "interim-report/";
  private static final String JSON = "report.json";
  private static final System.Logger LOG = System.getLogger(ReportWriter.class.getName());

  private ReportWriter() {}

  /**
   * Returns whether the run is complete: the JSON of its report is written last. A damaged report
   * does not count and is written again.
   */
  public static boolean exists(CheckpointStore store, String run) {
    return isReadable(store, run, FINAL + JSON);
  }

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

  /** Evaluates the best checkpoint of a complete run on the test split and stores the report. */
  public static RunReport write(
      TrainerSettings settings, EvaluationSplit test, CheckpointStore store, ComputeDevice device) {
    return write(settings, test, store, device, Instant.now());
  }

  /**
   * Stores an interim report of a run that is not complete, from its best checkpoint so far. The
   * files are in {@code interim-report/}.
   *
   * @throws StreamException if no epoch is complete yet
   */
  public static RunReport writeInterim(
      TrainerSettings settings, EvaluationSplit test, CheckpointStore store, ComputeDevice device) {
    return write(settings, test, store, device, null);
  }

  private static RunReport write(
      TrainerSettings settings,
      EvaluationSplit test,
      CheckpointStore store,
      ComputeDevice device,
      Instant finished) {
    String run = settings.run();
    new RunRepair(store, run).repairBest();
    BestCheckpoint best =
        store
            .best(run)
            .orElseThrow(
                () ->
                    new StreamException(
                        "run %s has no best.json yet; it is written after the first epoch"
                            .formatted(run)));
    CheckpointManifest manifest =
        store
            .manifest(run, best.checkpoint())
            .orElseThrow(
                () ->
                    new StreamException(
                        "run %s: best.json names %s, which is missing"
                            .formatted(run, best.checkpoint())));
    List<EpochMetrics> history = history(store, manifest);
    Safetensors weights = Safetensors.read(ByteBuffer.wrap(store.loadWeights(manifest)));
    try (Network network = Network.load(manifest, weights, device.device())) {
      TestPredictions predictions = TestPredictions.of(network, test);
      RunReport report = of(settings, best, manifest, history, predictions, finished);
      String folder = finished == null ? INTERIM : FINAL;
      new ReportFiles(report, predictions)
          .render()
          .forEach(
              (name, file) ->
                  store.putDocument(run, folder + name, file.content(), file.contentType()));
      store.putDocument(run, folder + JSON, Json.prettyBytes(report), "application/json");
      return report;
    }
  }

  /**
   * Reads the metrics of the epochs, without damaged ones. If all are damaged, the manifest of the
   * best epoch replaces them; it contains neither learning rate nor speed.
   */
  private static List<EpochMetrics> history(CheckpointStore store, CheckpointManifest best) {
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

  private static RunReport of(
      TrainerSettings settings,
      BestCheckpoint best,
      CheckpointManifest manifest,
      List<EpochMetrics> history,
      TestPredictions test,
      Instant finished) {
    int[][] confusion = test.confusion();
    SplitResult result =
        SplitResult.of(test.predictions().size(), test.meanLoss(), test.accuracy());
    StreamDescription stream = test.split().stream();
    return RunReport.of(
        new Subject(settings.run(), settings.architecture(), settings.epochs(), stream),
        best,
        results(manifest.metrics(), test, result),
        new TestDetails(
            IntStream.range(0, confusion.length)
                .mapToObj(c -> classResult(test.classes().get(c), confusion[c], c))
                .toList(),
            confusion,
            test.mistakes().stream().limit(MISTAKES).map(p -> mistake(test, p)).toList()),
        history,
        finished);
  }

  private static Results results(
      CheckpointManifest.CheckpointMetrics metrics, TestPredictions test, SplitResult result) {
    var stream = test.split().stream();
    return new Results(
        SplitResult.of(stream.images(Split.TRAIN), metrics.trainLoss(), metrics.trainAccuracy()),
        SplitResult.of(
            stream.images(Split.VALIDATION),
            metrics.validationLoss(),
            metrics.validationAccuracy()),
        result);
  }

  private static ClassResult classResult(String name, int[] row, int c) {
    int images = Arrays.stream(row).sum();
    return new ClassResult(name, images, images == 0 ? 0 : (double) row[c] / images);
  }

  private static Mistake mistake(TestPredictions test, TestPredictions.Prediction made) {
    return new Mistake(
        made.index(),
        test.classes().get(made.label()),
        test.classes().get(made.predicted()),
        made.probability());
  }
}
