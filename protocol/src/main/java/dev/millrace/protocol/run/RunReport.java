package dev.millrace.protocol.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.protocol.stream.DatasetDescription;
import dev.millrace.protocol.stream.StreamDescription;
import java.time.Instant;
import java.util.List;

/**
 * The report of a run, {@code report/report.json}: the results of its best checkpoint.
 *
 * @param schema version of this JSON, now {@value #SCHEMA}
 * @param validation {@code holdout}, or {@code test} if the test split selected the best checkpoint
 * @param epochs epochs planned for the run
 * @param epochsTrained epochs trained so far; fewer than {@code epochs} in an interim report
 * @param bestValidationAccuracy in [0, 1]
 * @param testAccuracy in [0, 1]
 * @param testErrorPercent in [0, 100]
 * @param testLoss mean cross-entropy in nats
 * @param results results of the best epoch, by split
 * @param confusion counts of images; rows are true classes, columns are predicted classes
 * @param worstMistakes mistakes on the test split, the most confident first
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
    double testErrorPercent,
    double testLoss,
    int testImages,
    Results results,
    List<ClassResult> classes,
    int[][] confusion,
    List<Mistake> worstMistakes,
    List<EpochMetrics> history,
    Instant finished) {
  public static final int SCHEMA = 2;

  /**
   * The run that a report describes.
   *
   * @param name name of the run
   * @param epochs epochs planned for the run
   */
  public record Subject(String name, String architecture, int epochs, StreamDescription stream) {}

  /** The results on the test split in detail, as in {@link RunReport}. */
  public record TestDetails(
      List<ClassResult> classes, int[][] confusion, List<Mistake> worstMistakes) {}

  /**
   * Creates a report.
   *
   * @param best the checkpoint that {@code results} belongs to
   * @param finished when the run was complete; null for an interim report
   */
  public static RunReport of(
      Subject subject,
      BestCheckpoint best,
      Results results,
      TestDetails test,
      List<EpochMetrics> history,
      Instant finished) {
    DatasetDescription dataset = subject.stream().dataset();
    return new RunReport(
        SCHEMA,
        subject.name(),
        dataset.name(),
        dataset.digest(),
        subject.architecture(),
        subject.stream().validation(),
        subject.epochs(),
        history.stream().mapToInt(EpochMetrics::epoch).reduce(best.epoch(), Math::max),
        best.epoch(),
        best.checkpoint(),
        best.validationAccuracy(),
        results.test().accuracy(),
        results.test().errorPercent(),
        results.test().loss(),
        results.test().images(),
        results,
        test.classes(),
        test.confusion(),
        test.worstMistakes(),
        history,
        finished);
  }

  /** The results of the best epoch. */
  public record Results(SplitResult train, SplitResult validation, SplitResult test) {}

  /**
   * The result on one split.
   *
   * @param loss mean cross-entropy in nats
   * @param accuracy in [0, 1]
   * @param errorPercent in [0, 100]
   */
  public record SplitResult(int images, double loss, double accuracy, double errorPercent) {
    /** Creates a result whose accuracy is rounded to a whole number of images. */
    public static SplitResult of(int images, double loss, double accuracy) {
      // Computed from counts because 100 - 100 * 0.802 is 19.799999999999997.
      long correct = Math.round(images * accuracy);
      return new SplitResult(
          images, loss, (double) correct / images, 100.0 * (images - correct) / images);
    }
  }

  /**
   * The result on the test images of one class.
   *
   * @param accuracy in [0, 1]
   */
  public record ClassResult(String name, int images, double accuracy) {}

  /**
   * A wrong prediction.
   *
   * @param index index of the image in the test split, from 0
   * @param truth name of the true class
   * @param predicted name of the predicted class
   * @param probability probability of the predicted class, in [0, 1]
   */
  public record Mistake(
      int index,
      @JsonProperty("true") String truth,
      @JsonProperty("predicted") String predicted,
      double probability) {}
}
