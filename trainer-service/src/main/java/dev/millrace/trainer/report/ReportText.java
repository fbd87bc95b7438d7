package dev.millrace.trainer.report;

import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.protocol.run.RunReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Writes the Markdown text of the report, {@code report/report.md}. */
final class ReportText {
  private static final int CONFUSED_PAIRS = 10;
  private static final int MISTAKES = 10;

  private ReportText() {}

  static String markdown(RunReport report) {
    return String.format(
        Locale.ROOT,
        """
        # Run %s
        %s
        **Test accuracy %.2f %%** (error %.2f %%, loss %.4f) on %d images of %s,
        with %s after epoch %d of %d (validation accuracy %.2f %%).
        %s
        | best epoch | images | loss | accuracy %% | error %% |
        |---|---:|---:|---:|---:|
        %s
        %s
        %s

        ## Epochs

        ![Loss, accuracy, error and learning rate of every epoch](curves.png)

        | epoch | learning rate | train loss | train acc. %% | val. loss | val. acc. %% | images/s | seconds |
        |---:|---:|---:|---:|---:|---:|---:|---:|
        %s

        ## Classes

        %s

        | class | test images | accuracy %% |
        |---|---:|---:|
        %s

        | most often confused: true | predicted | test images |
        |---|---|---:|
        %s

        ## Images

        ![Test images with label, prediction and confidence](sample-predictions.png)

        | worst mistakes: test image | true | predicted | probability %% |
        |---:|---|---|---:|
        %s
        """,
        report.run(),
        interim(report),
        100 * report.testAccuracy(),
        report.testErrorPercent(),
        report.testLoss(),
        report.testImages(),
        report.dataset(),
        report.bestCheckpoint(),
        report.bestEpoch(),
        report.epochs(),
        100 * report.bestValidationAccuracy(),
        choice(report),
        row("train", report.results().train()),
        row("validation", report.results().validation()),
        row("test", report.results().test()),
        rows(report.history(), ReportText::row),
        confusionPicture(report),
        rows(report.classes(), ReportText::row),
        rows(confused(report), ReportText::row),
        rows(report.worstMistakes().stream().limit(MISTAKES).toList(), ReportText::row));
  }

  private static String interim(RunReport report) {
    return report.finished() != null
        ? ""
        : "\nAn interim report: %d of %d epochs are trained.\n"
            .formatted(report.epochsTrained(), report.epochs());
  }

  private static String choice(RunReport report) {
    return report.validation().equals("test")
        ? "\nThe best epoch was chosen on the test images themselves, so its test accuracy is too optimistic.\n"
        : "";
  }

  private static String confusionPicture(RunReport report) {
    int classes = report.classes().size();
    return classes <= ConfusionPicture.MAX_CLASSES
        ? "![Confusion matrix](confusion-matrix.png)"
        : "The confusion matrix of %d classes is in report.json; pictures show up to %d classes."
            .formatted(classes, ConfusionPicture.MAX_CLASSES);
  }

  private static <T> String rows(List<T> values, Function<T, String> row) {
    return values.stream().map(row).collect(Collectors.joining("\n"));
  }

  private static String row(String split, RunReport.SplitResult result) {
    return String.format(
        Locale.ROOT,
        "| %s | %d | %.4f | %.2f | %.2f |",
        split,
        result.images(),
        result.loss(),
        100 * result.accuracy(),
        result.errorPercent());
  }

  private static String row(EpochMetrics epoch) {
    return String.format(
        Locale.ROOT,
        "| %d | %.6f | %.4f | %.2f | %.4f | %.2f | %.0f | %.0f |",
        epoch.epoch(),
        epoch.learningRate(),
        epoch.trainLoss(),
        100 * epoch.trainAccuracy(),
        epoch.validationLoss(),
        100 * epoch.validationAccuracy(),
        epoch.imagesPerSecond(),
        epoch.seconds());
  }

  private static String row(RunReport.ClassResult result) {
    return String.format(
        Locale.ROOT, "| %s | %d | %.2f |", result.name(), result.images(), 100 * result.accuracy());
  }

  private record Confused(String truth, String predicted, int images) {}

  private static List<Confused> confused(RunReport report) {
    List<Confused> pairs = new ArrayList<>();
    for (int row = 0; row < report.confusion().length; row++) {
      for (int column = 0; column < report.confusion().length; column++) {
        if (row != column && report.confusion()[row][column] > 0) {
          pairs.add(
              new Confused(
                  report.classes().get(row).name(),
                  report.classes().get(column).name(),
                  report.confusion()[row][column]));
        }
      }
    }
    return pairs.stream()
        .sorted(Comparator.comparingInt(Confused::images).reversed())
        .limit(CONFUSED_PAIRS)
        .toList();
  }

  private static String row(Confused pair) {
    return "| %s | %s | %d |".formatted(pair.truth(), pair.predicted(), pair.images());
  }

  private static String row(RunReport.Mistake mistake) {
    return String.format(
        Locale.ROOT,
        "| %d | %s | %s | %.1f |",
        mistake.index(),
        mistake.truth(),
        mistake.predicted(),
        100 * mistake.probability());
  }
}
