package dev.millrace.stack.observability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.stack.ColourImages;
import dev.millrace.stack.Stack;
import dev.millrace.stack.observability.OtlpReceiver.Received;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests what operators see of a stack that has trained and serves: metrics, dashboards, alerts,
 * traces, logs and report. All tests share one stack, started as a user starts it.
 */
class ObservabilityIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
  private static final Path DASHBOARDS = PROJECT.resolve("deploy/grafana/dashboards");
  private static final Path RULES = PROJECT.resolve("deploy/prometheus/rules/millrace.yml");
  private static final Path RULE_TESTS = PROJECT.resolve("deploy/prometheus/tests/millrace.yml");
  private static final String GPU_ONLY = "millrace_trainer_device_memory_bytes";
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  @TempDir private static Path folder;
  private static OtlpReceiver traces;
  private static Stack stack;
  private static Stack.Result interimReport;

  @BeforeAll
  static void trainAndServe() throws Exception {
    traces = new OtlpReceiver();
    stack =
        new Stack(folder.resolve("home"))
            .with("MILLRACE_OTLP_ENDPOINT", traces.endpoint())
            .with("MILLRACE_OTLP_PROTOCOL", "http/protobuf")
            .with("MILLRACE_LOG_JSON", "true")
            .with("MILLRACE_INGEST_TRACE_EVERY_MINIBATCHES", 3)
            .with("MILLRACE_INFERENCE_TRACE_RATIO", 1);
    // With this many noisy pictures, the best checkpoint still changes after inference has
    // started.
    Path pictures = ColourImages.folder(folder.resolve("pictures"), 240, 0.3);
    stack.up(
        "--dataset",
        pictures.toString(),
        "--epochs",
        "12",
        "--batch-size",
        "16",
        "--learning-rate",
        "0.01");
    stack.awaitSaid("epoch 1/12 done");
    interimReport = stack.command("report");
    // A client sends requests all the time, so that every checkpoint has its first prediction.
    await()
        .atMost(Stack.PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              predict();
              return stack.said().contains("the run is complete");
            });
    stack.awaitSaid("serving: ");
    predict();
  }

  private static int predict() throws IOException, InterruptedException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(ColourImages.picture(0, new Random(3)), "png", png);
    return stack
        .post(stack.ports.inference(), "/v1/predict", "image/png", png.toByteArray())
        .statusCode();
  }

  @AfterAll
  static void stop() throws Exception {
    stack.close();
    traces.close();
  }

  @Test
  void tableOfMetricsMatchesTheServices() throws Exception {
    Map<String, Set<String>> told = new TreeMap<>();
    for (int port : List.of(stack.ports.ingest(), stack.ports.trainer(), stack.ports.inference())) {
      told.putAll(MetricsTable.told(stack.get(port, "/q/metrics").body()));
    }
    Map<String, Set<String>> documented =
        MetricsTable.documented(PROJECT.resolve("docs/metrics.md"));
    // This metric does not exist on a machine without a GPU.
    told.putIfAbsent(GPU_ONLY, Set.of());
    assertThat(documented).containsExactlyEntriesOf(told);
  }

  @Test
  void queriesOfDashboardsAndRulesFindData() throws Exception {
    assumeTrue(
        PrometheusServer.program("prometheus").isPresent(),
        "SKIPPED: dashboards and rules are not checked: there is no prometheus on the path");
    try (PrometheusServer prometheus =
        new PrometheusServer(folder.resolve("prometheus"), RULES, stack.ports)) {
      List<String> queries = new ArrayList<>(dashboardQueries());
      assertThat(queries).hasSizeGreaterThan(60);
      JsonNode rules = prometheus.rules();
      assertThat(rules).hasSize(11);
      for (JsonNode rule : rules) {
        // An alert that does not fire returns no series, but the metrics that it reads must exist.
        assertThat(prometheus.query(rule.path("query").asText())).isNotNull();
        queries.addAll(selectors(rule.path("query").asText()));
        assertThat(rule.at("/annotations/runbook").asText()).isNotBlank();
      }
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofSeconds(1))
          .untilAsserted(
              () -> {
                assertThat(predict()).isEqualTo(200);
                assertThat(withoutData(prometheus, queries)).isEmpty();
              });
      for (JsonNode rule : prometheus.rules()) {
        assertThat(rule.path("health").asText()).as(rule.toString()).isEqualTo("ok");
      }
    }
  }

  private static List<String> withoutData(PrometheusServer prometheus, List<String> queries)
      throws IOException, InterruptedException {
    List<String> empty = new ArrayList<>();
    for (String query : queries) {
      if (!query.contains(GPU_ONLY) && prometheus.query(query).isEmpty()) {
        empty.add(query);
      }
    }
    return empty;
  }

  private static List<String> dashboardQueries() throws IOException {
    List<String> queries = new ArrayList<>();
    try (Stream<Path> files = Files.list(DASHBOARDS)) {
      for (Path file : files.sorted().toList()) {
        for (JsonNode expression : JSON.readTree(file.toFile()).findValues("expr")) {
          queries.add(
              expression
                  .asText()
                  .replace("$__rate_interval", "10s")
                  .replace("$job", "ingest|trainer|inference"));
        }
      }
    }
    return queries;
  }

  private static List<String> selectors(String query) {
    return Pattern.compile("\\b(millrace_\\w+|up\\b)(\\{[^}]*})?")
        .matcher(query)
        .results()
        .map(found -> found.group().replaceAll("outcome!~\"[^\"]*\"", ""))
        .toList();
  }

  @Test
  void rulesPassTheirUnitTests() throws Exception {
    Optional<Path> promtool = PrometheusServer.program("promtool");
    assumeTrue(
        promtool.isPresent(),
        "SKIPPED: alert rules are not tested: there is no promtool on the path");
    Path out = folder.resolve("promtool.out");
    Process test =
        new ProcessBuilder(promtool.get().toString(), "test", "rules", RULE_TESTS.toString())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    assertThat(test.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(test.exitValue()).as(Files.readString(out)).isZero();
  }

  @Test
  void minibatchHasOneTraceUpToItsTrainingStep() {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(NoSuchElementException.class)
        .untilAsserted(
            () -> {
              Received step = traces.named("train step").findFirst().orElseThrow();
              List<Received> trace = traces.trace(step.trace());
              Received minibatch = only(trace, "minibatch");
              Received publish = only(trace, "publish millrace.minibatches.train");
              Received augment = only(trace, "augment");
              assertThat(step.parent()).isEqualTo(publish.id());
              assertThat(publish.parent()).isEqualTo(minibatch.id());
              assertThat(augment.parent()).isEqualTo(minibatch.id());
              assertThat(minibatch.parent()).isEmpty();
              assertThat(step.service()).isEqualTo("millrace-trainer");
              assertThat(minibatch.service()).isEqualTo("millrace-ingest");
              assertThat(step.attribute("millrace.run")).isEqualTo("pictures-quick");
              assertThat(step.attribute("millrace.epoch"))
                  .isEqualTo(minibatch.attribute("millrace.epoch"))
                  .isNotEmpty();
              assertThat(step.attribute("millrace.step")).isNotEmpty();
            });
    assertThat(traces.named("minibatch"))
        .as("one in three is traced")
        .allMatch(span -> Integer.parseInt(span.attribute("millrace.batch")) % 3 == 0);
  }

  @Test
  void checkpointHasOneTraceUpToItsFirstPrediction() throws IOException {
    await().atMost(PATIENCE).until(() -> wholeCheckpointTrace().isPresent());
    List<Received> trace = wholeCheckpointTrace().orElseThrow();
    Received checkpoint = only(trace, "checkpoint");
    Received reload = only(trace, "reload");
    assertThat(reload.parent()).isEqualTo(checkpoint.id());
    for (String part : List.of("fetch", "verify", "swap", "first prediction")) {
      assertThat(only(trace, part).parent()).as(part).isEqualTo(reload.id());
    }
    assertThat(trace)
        .filteredOn(span -> span.name().equals("S3 PUT"))
        .hasSizeGreaterThanOrEqualTo(3)
        .allMatch(put -> put.parent().equals(checkpoint.id()));
    List<String> steps = traces.named("train step").map(Received::id).toList();
    assertThat(checkpoint.links()).isNotEmpty().hasSizeLessThanOrEqualTo(128);
    assertThat(steps).containsAll(checkpoint.links());
    String id = checkpoint.attribute("millrace.checkpoint");
    assertThat(reload.attribute("millrace.checkpoint")).isEqualTo(id).startsWith("epoch-");
    assertThat(only(trace, "first prediction").attribute("millrace.checkpoint")).isEqualTo(id);
    assertThat(logLine("inference", "serving checkpoint " + id).at("/mdc/traceId").asText())
        .as("the trace in the log")
        .isEqualTo(checkpoint.trace());
  }

  private static Optional<List<Received>> wholeCheckpointTrace() {
    return traces
        .named("first prediction")
        .map(first -> traces.trace(first.trace()))
        .filter(trace -> trace.stream().anyMatch(span -> span.name().equals("checkpoint")))
        .findFirst();
  }

  private static JsonNode logLine(String process, String message) throws IOException {
    try (Stream<String> lines = Files.lines(stack.home.log(process))) {
      return JSON.readTree(
          lines
              .filter(line -> line.contains(message) && line.startsWith("{"))
              .findFirst()
              .orElseThrow());
    }
  }

  @Test
  void predictionHasSpansForDecodingWaitingAndComputing() {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(NoSuchElementException.class)
        .untilAsserted(
            () -> {
              Received forward = traces.named("forward").findFirst().orElseThrow();
              List<Received> trace = traces.trace(forward.trace());
              Received request = only(trace, "POST /v1/predict");
              assertThat(only(trace, "decode").trace()).isEqualTo(request.trace());
              assertThat(only(trace, "queue wait").parent()).isEqualTo(forward.parent());
              assertThat(forward.attribute("millrace.checkpoint")).startsWith("epoch-");
            });
  }

  private static Received only(List<Received> trace, String name) {
    List<Received> found = trace.stream().filter(span -> span.name().equals(name)).toList();
    assertThat(found).as(name + " in " + trace.stream().map(Received::name).toList()).hasSize(1);
    return found.get(0);
  }

  @Test
  void reportsARunInProgress() throws Exception {
    assertThat(interimReport.exitCode()).as(interimReport.output()).isZero();
    assertThat(interimReport.output())
        .contains("An interim report: ", "of 12 epochs are trained", "interim-report/curves.png");
    Path copy = folder.resolve("copy");
    Stack.Result last = stack.command("report", "--to", copy.toString());
    assertThat(last.output())
        .doesNotContain("interim")
        .contains(copy.resolve("report.md").toString());
    assertThat(copy).isDirectoryContaining("glob:**/confusion-matrix.png");
    assertThat(copy).isDirectoryContaining("glob:**/report.json");
  }
}
