package dev.millrace.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.RunReport;
import dev.millrace.store.ObjectStore;
import dev.millrace.trainer.loop.PublishedStream;
import dev.millrace.trainer.loop.TrainerHarness;
import dev.millrace.trainer.step.ComputeDevice;
import dev.millrace.trainer.stream.EvaluationSplit;
import dev.millrace.trainer.stream.StreamException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tests the report of a small run that is trained by the real training loop. */
class RunReportIT {
  private static final ComputeDevice CPU = ComputeDevice.choose(ComputeDevice.Choice.CPU);
  private static final EvaluationSplit TEST = PublishedStream.train(0).evaluation(Split.TEST);
  private static final TrainerHarness RUN =
      new TrainerHarness(PublishedStream.train(TrainerHarness.EPOCHS));

  private static List<String> written;
  private static RunReport report;
  private static JsonNode json;

  @BeforeAll
  static void trainAndReport() throws IOException {
    assertThat(RUN.runProcess()).isTrue();
    assertThat(ReportWriter.exists(RUN.store, "r")).isFalse();
    List<String> keys = new ArrayList<>();
    report = ReportWriter.write(RUN.settings(), TEST, storeThatTells(keys), CPU);
    written = keys;
    json = new ObjectMapper().readTree(document("report/report.json"));
  }

  private static CheckpointStore storeThatTells(List<String> keys) {
    return new CheckpointStore(
        (ObjectStore)
            Proxy.newProxyInstance(
                RunReportIT.class.getClassLoader(),
                new Class<?>[] {ObjectStore.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("put")) {
                    keys.add((String) arguments[0]);
                  }
                  try {
                    return method.invoke(RUN.objects, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                }));
  }

  private static byte[] document(String path) {
    return RUN.store.document("r", path).orElseThrow();
  }

  @Test
  void jsonIsWrittenLast() {
    assertThat(written)
        .containsExactly(
            "runs/r/report/curves.png",
            "runs/r/report/confusion-matrix.png",
            "runs/r/report/sample-predictions.png",
            "runs/r/report/report.md",
            "runs/r/report/report.json");
    assertThat(ReportWriter.exists(RUN.store, "r")).isTrue();
  }

  @Test
  void figuresAgreeWithEachOther() {
    int images = TEST.images();
    int correct = 0;
    for (int c = 0; c < report.confusion().length; c++) {
      correct += report.confusion()[c][c];
      assertThat(Arrays.stream(report.confusion()[c]).sum())
          .isEqualTo(report.classes().get(c).images());
    }
    assertThat(report.testAccuracy()).isCloseTo((double) correct / images, within(1e-9));
    assertThat(100 * report.testAccuracy() + report.testErrorPercent())
        .isCloseTo(100, within(1e-9));
    assertThat(json.at("/results/test/errorPercent").asDouble())
        .isEqualTo(report.testErrorPercent());
    assertThat(json.at("/results/test/loss").asDouble()).isPositive();
    assertThat(json.at("/results/train/loss").asDouble()).isPositive();
    assertThat(json.at("/results/validation/accuracy").asDouble())
        .isCloseTo(report.bestValidationAccuracy(), within(1e-9));
    assertThat(report.epochsTrained()).isEqualTo(TrainerHarness.EPOCHS);
  }

  @Test
  void worstMistakesAreTheMostConfidentOnes() {
    List<JsonNode> mistakes =
        StreamSupport.stream(json.path("worstMistakes").spliterator(), false).toList();
    int wrong = TEST.images() - Math.toIntExact(Math.round(report.testAccuracy() * TEST.images()));
    assertThat(mistakes).hasSize(Math.min(25, wrong)).isNotEmpty();
    List<String> labels = labels();
    double before = 1;
    for (JsonNode mistake : mistakes) {
      assertThat(mistake.path("probability").asDouble()).isBetween(1.0 / 3, before);
      before = mistake.path("probability").asDouble();
      assertThat(mistake.path("true").asText())
          .isEqualTo(labels.get(mistake.path("index").asInt()))
          .isNotEqualTo(mistake.path("predicted").asText());
    }
  }

  private static List<String> labels() {
    List<String> labels = new ArrayList<>();
    TEST.minibatches()
        .forEach(
            minibatch ->
                Arrays.stream(minibatch.labels())
                    .forEach(
                        label -> labels.add(TEST.stream().dataset().classes().get((int) label))));
    return labels;
  }

  @Test
  void textShowsThePictures() throws IOException {
    String text = new String(document("report/report.md"), StandardCharsets.UTF_8);
    for (String name : List.of("curves", "confusion-matrix", "sample-predictions")) {
      byte[] png = document("report/" + name + ".png");
      assertThat(ImageIO.read(new ByteArrayInputStream(png)).getWidth()).isGreaterThan(600);
      assertThat(text).contains("](" + name + ".png)");
    }
    assertThat(text).contains("| test | %d |".formatted(TEST.images())).doesNotContain("interim");
  }

  @Test
  void equalRunsHaveEqualReportsExceptForTimes() {
    List<String> keys = new ArrayList<>();
    List<byte[]> before = files("report/");
    ReportWriter.write(RUN.settings(), TEST, storeThatTells(keys), CPU);
    assertThat(files("report/")).usingRecursiveComparison().isEqualTo(before);
  }

  /** Returns all files except the JSON, which contains the time when the run ended. */
  private static List<byte[]> files(String folder) {
    return RUN.store.documents("r", folder).stream()
        .filter(path -> !path.endsWith(".json"))
        .map(RunReportIT::document)
        .toList();
  }

  @Test
  void interimReportIsSeparateAndDoesNotCompleteTheRun() {
    TrainerHarness half = new TrainerHarness(PublishedStream.train(1));
    assertThat(half.runProcess()).as("the stream ends after one of two epochs").isFalse();
    RunReport interim = ReportWriter.writeInterim(half.settings(), TEST, half.store, CPU);
    assertThat(interim.epochsTrained()).isEqualTo(1);
    assertThat(interim.finished()).isNull();
    assertThat(ReportWriter.exists(half.store, "r")).isFalse();
    assertThat(half.store.documents("r", "interim-report/")).hasSize(5);
    assertThat(
            new String(
                half.store.document("r", "interim-report/report.md").orElseThrow(),
                StandardCharsets.UTF_8))
        .contains("An interim report: 1 of 2 epochs are trained.");
  }

  @Test
  void runWithoutACompleteEpochHasNoReport() {
    TrainerHarness none = new TrainerHarness(PublishedStream.train(1));
    assertThatThrownBy(() -> ReportWriter.writeInterim(none.settings(), TEST, none.store, CPU))
        .isInstanceOf(StreamException.class)
        .hasMessage("run r has no best.json yet; it is written after the first epoch");
  }
}
