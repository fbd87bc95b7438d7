package dev.millrace.trainer.report;

import dev.millrace.protocol.run.RunReport;
import dev.millrace.trainer.report.SamplesPicture.Sample;
import dev.millrace.trainer.report.SamplesPicture.Section;
import dev.millrace.trainer.report.TestPredictions.Prediction;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The files of a report that people read: all except its JSON. */
final class ReportFiles {
  private static final int SAMPLES = 32;
  private static final int MISTAKES = 16;

  private final RunReport report;
  private final TestPredictions test;

  /** A file to be stored. */
  record ReportFile(byte[] content, String contentType) {}

  ReportFiles(RunReport report, TestPredictions test) {
    this.report = report;
    this.test = test;
  }

  /** Returns the files by name, in the order in which they are to be written. */
  Map<String, ReportFile> render() {
    Map<String, ReportFile> files = new LinkedHashMap<>();
    files.put("curves.png", new ReportFile(curves(), "image/png"));
    if (test.classes().size() <= ConfusionPicture.MAX_CLASSES) {
      files.put("confusion-matrix.png", new ReportFile(confusion(), "image/png"));
    }
    files.put("sample-predictions.png", new ReportFile(samples(), "image/png"));
    byte[] text = ReportText.markdown(report).getBytes(StandardCharsets.UTF_8);
    files.put("report.md", new ReportFile(text, "text/markdown; charset=utf-8"));
    return files;
  }

  private byte[] curves() {
    List<CurvesPicture.Epoch> epochs =
        report.history().stream()
            .map(
                epoch ->
                    new CurvesPicture.Epoch(
                        epoch.epoch(),
                        epoch.trainLoss(),
                        epoch.trainAccuracy(),
                        epoch.validationLoss(),
                        epoch.validationAccuracy(),
                        epoch.learningRate()))
            .toList();
    return new CurvesPicture(
            title("learning curves"),
            subtitle(),
            epochs,
            new CurvesPicture.Best(report.bestEpoch(), report.testLoss(), test.accuracy()))
        .png();
  }

  private byte[] confusion() {
    return new ConfusionPicture(
            title("confusion matrix"), subtitle(), test.classes(), report.confusion())
        .png();
  }

  private byte[] samples() {
    List<Prediction> samples = test.samples(SAMPLES);
    List<Prediction> mistakes = test.mistakes();
    List<Prediction> worst = mistakes.subList(0, Math.min(MISTAKES, mistakes.size()));
    return new SamplesPicture(
            title("sample predictions"),
            subtitle(),
            List.of(
                section("Test images from each class in turn", samples),
                section("The most confident mistakes", worst)))
        .png();
  }

  private Section section(String heading, List<Prediction> predictions) {
    List<Sample> samples =
        predictions.stream()
            .map(
                made ->
                    new Sample(
                        test.pixels(made.index()),
                        test.classes().get(made.label()),
                        test.classes().get(made.predicted()),
                        made.probability()))
            .toList();
    return new Section(heading, samples);
  }

  private String title(String what) {
    return "%s: %s".formatted(report.run(), what);
  }

  private String subtitle() {
    return String.format(
        Locale.ROOT,
        "%s, epoch %d of %d: %.2f %% of %,d test images correct",
        report.dataset(),
        report.bestEpoch(),
        report.epochs(),
        100 * report.testAccuracy(),
        report.testImages());
  }
}
