package dev.millrace.trainer.training;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.checkpoint.RunRepair;
import dev.millrace.model.Network;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.safetensors.Safetensors;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What stands in {@code report/report.json}: the best checkpoint's result on the test split.
 *
 * @param validation {@code holdout}, or {@code test} if the best was chosen on the test split
 * @param epochs that the run is to have
 * @param epochsTrained so far; fewer than {@code epochs} in an interim report
 * @param bestValidationAccuracy in [0, 1]
 * @param testAccuracy in percent
 * @param testErrorRate in percent
 * @param testLoss mean cross-entropy in nats
 * @param results of the best epoch, by split
 * @param confusion rows are true classes, columns predicted ones; counts of images
 * @param worstMistakes on the test split, the most confident first
 * @param finished when the run was complete; absent in an interim report
 */
public record RunReport(
    int schema,
    String run,
    String dataset,
    String datasetDigest,
    String architecture,
    String validation,
    int epochs,
    int epochsTrained,
    int bestEpoch,
    String bestCheckpoint,
    double bestValidationAccuracy,
    double testAccuracy,
    double testErrorRate,
    double testLoss,
    int testImages,
    Results results,
    List<ClassResult> classes,
    int[][] confusion,
    List<Mistake> worstMistakes,
    List<EpochMetrics> history,
    Instant finished) {
  private static final int SCHEMA = 1;
  private static final int MISTAKES = 25;
  private static final String FINAL = "report/";
  private static final String INTERIM = "interim-report/";
  private static final String JSON = "report.json";
  private static final System.Logger LOG = System.getLogger(RunReport.class.getName());

  /** The best epoch's figures. */
  record Results(SplitResult train, SplitResult validation, SplitResult test) {}

  /**
   * @param loss mean cross-entropy in nats
   * @param accuracy in percent
   * @param errorRate in percent
   */
  record SplitResult(int images, double loss, double accuracy, double errorRate) {
    static SplitResult of(int images, double loss, double fraction) {
      // By counts: 100 - 80.2 is 19.799999999999997.
      long correct = Math.round(images * fraction);
      return new SplitResult(
          images, loss, 100.0 * correct / images, 100.0 * (images - correct) / images);
    }
  }

  /**
   * @param accuracy in percent, of the test images of this class
   */
  record ClassResult(String name, int images, double accuracy) {}

  /**
   * @param index of the image in the test split, from 0
   * @param probability of the class that was predicted, in [0, 1]
   */
  record Mistake(
      int index,
      @JsonProperty("true") String truth,
      @JsonProperty("predicted") String predicted,
      double probability) {}

  /**
   * Returns whether the run is complete: its report's JSON is written last. A report that was
   * damaged from outside does not count; it is made again.
   */
  public static boolean exists(CheckpointStore store, String run) {
    return isReadable(store, run, FINAL + JSON);
  }

  /** Returns whether a document of a run is there and is JSON; the log says if it is damaged. */
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

  /** Evaluates a complete run's best checkpoint on the test split and stores the report. */
  public static RunReport write(
      TrainerSettings settings, EvaluationSplit test, CheckpointStore store, ComputeDevice device) {
    return write(settings, test, store, device, Instant.now());
  }

  /**
   * Reports on a run that goes on, by its best checkpoint so far, beside the place of the last
   * report.
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
                        "run %s has no best.json; it is there after the first epoch"
                            .formatted(run)));
    CheckpointManifest manifest =
        store
            .manifest(run, best.checkpoint())
            .orElseThrow(
                () ->
                    new StreamException(
                        "run %s: best.json names %s, which is not there"
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
   * Reads the epochs' metrics. Damaged ones are left out; if all are, the best epoch's are taken
   * from its manifest, which has neither rate nor speed.
   */
  private static List<EpochMetrics> history(CheckpointStore store, CheckpointManifest best) {
    String run = best.run();
    List<EpochMetrics> epochs = readableEpochs(store, run);
    if (!epochs.isEmpty()) {
      return epochs;
    }
    LOG.log(Level.WARNING, "run {0}: only the best epoch is in the report, without its rate", run);
    CheckpointManifest.CheckpointMetrics metrics = best.metrics();
    return List.of(
        new EpochMetrics(
            EpochMetrics.SCHEMA,
            best.epoch(),
            best.step(),
            metrics.trainLoss(),
            metrics.trainAccuracy(),
            metrics.validationLoss(),
            metrics.validationAccuracy(),
            0,
            0,
            0,
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
                    .filter(epoch -> epoch.epoch() > 0)
                    .stream())
        .toList();
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
    return new RunReport(
        SCHEMA,
        settings.run(),
        test.split().stream().dataset().name(),
        test.split().stream().dataset().digest(),
        settings.architecture(),
        test.split().stream().validation(),
        settings.epochs(),
        epochsTrained(history, best),
        best.epoch(),
        best.checkpoint(),
        best.validationAccuracy(),
        result.accuracy(),
        result.errorRate(),
        result.loss(),
        result.images(),
        results(manifest.metrics(), test, result),
        IntStream.range(0, confusion.length)
            .mapToObj(c -> classResult(test.classes().get(c), confusion[c], c))
            .toList(),
        confusion,
        test.mistakes().stream().limit(MISTAKES).map(p -> mistake(test, p)).toList(),
        history,
        finished);
  }

  private static int epochsTrained(List<EpochMetrics> history, BestCheckpoint best) {
    return history.stream().mapToInt(EpochMetrics::epoch).reduce(best.epoch(), Math::max);
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
    return new ClassResult(name, images, images == 0 ? 0 : 100.0 * row[c] / images);
  }

  private static Mistake mistake(TestPredictions test, TestPredictions.Prediction made) {
    return new Mistake(
        made.index(),
        test.classes().get(made.label()),
        test.classes().get(made.predicted()),
        made.probability());
  }
}
