package dev.millrace.trainer.training;

import java.util.Locale;
import java.util.stream.Collectors;

/** The report for people: {@code report/report.md}. */
final class ReportText {
  private ReportText() {}

  static String markdown(RunReport report) {
    String choice =
        report.validation().equals("test")
            ? "\nThe best epoch was chosen on the test images themselves, so this figure flatters.\n"
            : "";
    return """
        # Run %s

        **Test accuracy %.2f %%** (error %.2f %%, loss %.4f) on %d images of %s,
        with %s after epoch %d of %d (validation accuracy %.2f %%).
        %s
        | epoch | learning rate | train loss | train acc. %% | val. loss | val. acc. %% | images/s | seconds |
        |---:|---:|---:|---:|---:|---:|---:|---:|
        %s

        | class | test images | accuracy %% |
        |---|---:|---:|
        %s
        """
        .formatted(
            report.run(),
            report.testAccuracy(),
            report.testErrorRate(),
            report.testLoss(),
            report.testImages(),
            report.dataset(),
            report.bestCheckpoint(),
            report.bestEpoch(),
            report.epochs(),
            100 * report.bestValidationAccuracy(),
            choice,
            report.history().stream().map(ReportText::row).collect(Collectors.joining("\n")),
            report.classes().stream().map(ReportText::row).collect(Collectors.joining("\n")));
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
        Locale.ROOT, "| %s | %d | %.2f |", result.name(), result.images(), result.accuracy());
  }
}
