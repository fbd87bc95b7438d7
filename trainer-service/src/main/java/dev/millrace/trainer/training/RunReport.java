package dev.millrace.trainer.training;

import dev.millrace.model.BestCheckpoint;
import dev.millrace.model.CheckpointManifest;
import dev.millrace.model.CheckpointStore;
import dev.millrace.model.Network;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Minibatch;
import dev.millrace.protocol.Safetensors;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What stands in {@code report/report.json}: the best checkpoint's result on the test split.
 *
 * @param testAccuracy in percent
 * @param testErrorRate in percent
 * @param testLoss mean cross-entropy in nats
 * @param validation {@code holdout}, or {@code test} if the best was chosen on the test split
 * @param confusion rows are true classes, columns predicted ones; counts of images
 */
public record RunReport(
    int schema,
    String run,
    String dataset,
    String datasetDigest,
    String architecture,
    String validation,
    int epochs,
    int bestEpoch,
    String bestCheckpoint,
    double bestValidationAccuracy,
    double testAccuracy,
    double testErrorRate,
    double testLoss,
    int testImages,
    List<ClassResult> classes,
    int[][] confusion,
    List<EpochMetrics> history,
    Instant finished) {
  private static final int SCHEMA = 1;
  private static final String JSON_PATH = "report/report.json";

  /**
   * @param accuracy in percent, of the test images of this class
   */
  record ClassResult(String name, int images, double accuracy) {}

  /** Whether the run is complete: its report is written last. */
  public static boolean exists(CheckpointStore store, String run) {
    return store.document(run, JSON_PATH).isPresent();
  }

  /** Evaluates the run's best checkpoint on the test split and stores the report. */
  public static RunReport write(
      TrainerSettings settings, EvaluationSplit test, CheckpointStore store, ComputeDevice device) {
    String run = settings.run();
    BestCheckpoint best =
        store
            .best(run)
            .orElseThrow(() -> new StreamException("run %s has no best.json".formatted(run)));
    CheckpointManifest manifest =
        store
            .manifest(run, best.checkpoint())
            .orElseThrow(
                () ->
                    new StreamException(
                        "run %s: best.json names %s, which is not there"
                            .formatted(run, best.checkpoint())));
    List<EpochMetrics> history =
        store.documents(run, "metrics/").stream()
            .map(path -> Json.read(store.document(run, path).orElseThrow(), EpochMetrics.class))
            .toList();
    Safetensors weights = Safetensors.read(ByteBuffer.wrap(store.loadWeights(manifest)));
    try (Network network = Network.load(manifest, weights, device.device())) {
      RunReport report = evaluate(settings, best, history, test, network);
      byte[] markdown = ReportText.markdown(report).getBytes(StandardCharsets.UTF_8);
      store.putDocument(run, "report/report.md", markdown, "text/markdown; charset=utf-8");
      store.putDocument(run, JSON_PATH, Json.prettyBytes(report), "application/json");
      return report;
    }
  }

  private static RunReport evaluate(
      TrainerSettings settings,
      BestCheckpoint best,
      List<EpochMetrics> history,
      EvaluationSplit test,
      Network network) {
    List<String> names = test.stream().dataset().classes();
    int[][] confusion = new int[names.size()][names.size()];
    double lossSum = 0;
    for (Minibatch minibatch : test.minibatches()) {
      float[][] logits = network.logits(direct(minibatch.images()), minibatch.size());
      for (int i = 0; i < logits.length; i++) {
        int label = (int) minibatch.labels()[i];
        confusion[label][largest(logits[i])]++;
        lossSum += crossEntropy(logits[i], label);
      }
    }
    List<ClassResult> classes =
        IntStream.range(0, names.size())
            .mapToObj(c -> classResult(names.get(c), confusion[c], c))
            .toList();
    int correct = IntStream.range(0, names.size()).map(c -> confusion[c][c]).sum();
    double accuracy = 100.0 * correct / test.images();
    return new RunReport(
        SCHEMA,
        settings.run(),
        test.stream().dataset().name(),
        test.stream().dataset().digest(),
        settings.architecture(),
        test.stream().validation(),
        settings.epochs(),
        best.epoch(),
        best.checkpoint(),
        best.validationAccuracy(),
        accuracy,
        100 - accuracy,
        lossSum / test.images(),
        test.images(),
        classes,
        confusion,
        history,
        Instant.now());
  }

  private static ClassResult classResult(String name, int[] row, int c) {
    int images = Arrays.stream(row).sum();
    return new ClassResult(name, images, images == 0 ? 0 : 100.0 * row[c] / images);
  }

  private static ByteBuffer direct(ByteBuffer images) {
    return ByteBuffer.allocateDirect(images.remaining()).put(images).flip();
  }

  private static int largest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  private static double crossEntropy(float[] logits, int label) {
    double max = logits[largest(logits)];
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    return max + Math.log(sum) - logits[label];
  }
}
