package dev.millrace.stack.observability;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.stack.home.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/** A real Prometheus that scrapes a stack once a second, with the rules of {@code deploy/}. */
final class PrometheusServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final int port;

  /** Returns the path of an installed program; empty if it is not installed. */
  static Optional<Path> program(String name) {
    return Stream.of(System.getenv("PATH").split(":"))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  PrometheusServer(Path folder, Path rules, Ports ports) throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path config = Files.createDirectories(folder).resolve("prometheus.yml");
    Files.writeString(
        config,
        """
        global: {scrape_interval: 1s, evaluation_interval: 1s}
        rule_files: ['%s']
        scrape_configs:
        - {job_name: ingest, metrics_path: /q/metrics, static_configs: [{targets: ['127.0.0.1:%d']}]}
        - {job_name: trainer, metrics_path: /q/metrics, static_configs: [{targets: ['127.0.0.1:%d']}]}
        - {job_name: inference, metrics_path: /q/metrics, static_configs: [{targets: ['127.0.0.1:%d']}]}
        """
            .formatted(rules.toAbsolutePath(), ports.ingest(), ports.trainer(), ports.inference()));
    process =
        new ProcessBuilder(
                program("prometheus").orElseThrow().toString(),
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("prometheus.log").toFile())
            .start();
    await()
        .atMost(Duration.ofSeconds(60))
        .failFast("prometheus ended; see its log", () -> !process.isAlive())
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> get("/-/ready").statusCode == 200);
  }

  private record Answer(int statusCode, String body) {}

  private Answer get(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    var response = http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    return new Answer(response.statusCode(), response.body());
  }

  /**
   * Returns the series that a query finds now.
   *
   * @throws IllegalArgumentException if the query does not parse
   */
  JsonNode query(String expression) throws IOException, InterruptedException {
    Answer answer =
        get("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
    JsonNode json = JSON.readTree(answer.body);
    if (!json.path("status").asText().equals("success")) {
      throw new IllegalArgumentException(expression + ": " + json.path("error").asText());
    }
    return json.at("/data/result");
  }

  /** Returns the rules that the server has loaded. */
  JsonNode rules() throws IOException, InterruptedException {
    return JSON.readTree(get("/api/v1/rules").body).at("/data/groups/0/rules");
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    process.waitFor();
  }
}
