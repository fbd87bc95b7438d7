package dev.millrace.trainer.report;

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
import dev.millrace.protocol.stream.StreamDescription;
import dev.millrace.trainer.loop.TrainerSettings;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Computes the report of a run from its predictions for the test split. */
final class TestResults {
  private static final int MISTAKES = 25;

  private TestResults() {}

  static RunReport report(
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
