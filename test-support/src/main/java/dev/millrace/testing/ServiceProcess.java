package dev.millrace.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the built service of the current module in a separate process. */
public final class ServiceProcess implements AutoCloseable {
  private static final String HTTP_PORT = "MILLRACE_HTTP_PORT";

  private final Process process;
  private final Path log;
  private final Map<String, String> settings;
  private final HttpClient http = HttpClient.newHttpClient();

  private ServiceProcess(Process process, Path log, Map<String, String> settings) {
    this.process = process;
    this.log = log;
    this.settings = settings;
  }

  /**
   * Starts the service without waiting until it is ready.
   *
   * @param heap JVM option for the heap size, such as {@code -Xmx160m}
   * @param log file to which the output is appended
   * @param settings environment variables; by default, the HTTP port is a free one
   */
  public static ServiceProcess launch(String heap, Path log, Map<String, String> settings)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            heap,
            "-XX:+UseSerialGC",
            "-jar",
            Path.of("target", "quarkus-app", "quarkus-run.jar").toString());
    builder.environment().keySet().removeIf(name -> name.startsWith("MILLRACE_"));
    Map<String, String> all = new HashMap<>(settings);
    all.putIfAbsent(HTTP_PORT, Integer.toString(freePort()));
    builder.environment().putAll(all);
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    return new ServiceProcess(builder.start(), log, all);
  }

  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Waits until a GET of the path returns the given status. */
  public void awaitStatus(String path, int status) {
    await()
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(100))
        .failFast("the service ended: " + log, () -> !process.isAlive())
        .ignoreException(ConnectException.class)
        .until(() -> get(path).statusCode() == status);
  }

  public HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(request(path).build(), BodyHandlers.ofString());
  }

  /**
   * Sends a POST request.
   *
   * @param contentType null to send no content type
   * @param headers names and values, alternating
   */
  public HttpResponse<String> post(String path, String contentType, byte[] body, String... headers)
      throws IOException, InterruptedException {
    return post(path, contentType, BodyPublishers.ofByteArray(body), headers);
  }

  public HttpResponse<String> post(
      String path, String contentType, BodyPublisher body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = request(path).POST(body);
    if (contentType != null) {
      request.header("Content-Type", contentType);
    }
    return http.send(with(headers, request), BodyHandlers.ofString());
  }

  /**
   * Sends a request with any method and returns the response as bytes; headers as in {@link #post}.
   */
  public HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = request(path).method(method, BodyPublishers.ofByteArray(body));
    return http.send(with(headers, request), BodyHandlers.ofByteArray());
  }

  private static HttpRequest with(String[] headers, HttpRequest.Builder request) {
    return headers.length == 0 ? request.build() : request.headers(headers).build();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port() + path))
        .timeout(Duration.ofSeconds(30));
  }

  /** Returns the HTTP port. */
  public int port() {
    return Integer.parseInt(setting(HTTP_PORT));
  }

  /** Returns a setting that the service was started with. */
  public String setting(String name) {
    return settings.get(name);
  }

  /**
   * Returns the value of a meter from {@code /q/metrics}.
   *
   * @param name name and tags as in the exposition format
   */
  public double metric(String name) throws IOException, InterruptedException {
    return get("/q/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow();
  }

  public long pid() {
    return process.pid();
  }

  /** Returns the standard output and standard error so far. */
  public String log() throws IOException {
    return Files.readString(log);
  }

  /** Returns the lines of the log that are meant for a supervisor, in order. */
  public List<String> words() throws IOException {
    return log().lines().filter(line -> line.startsWith("millrace: ")).toList();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Waits until the process ends and returns its exit code. */
  public int exitCode() throws InterruptedException {
    if (!process.waitFor(90, TimeUnit.SECONDS)) {
      throw new IllegalStateException("still running: " + log);
    }
    return process.exitValue();
  }

  /** Sends a signal to the process, such as {@code STOP} or {@code CONT}. */
  public void signal(String name) throws IOException, InterruptedException {
    String pid = Long.toString(process.pid());
    int code = new ProcessBuilder("kill", "-" + name, pid).inheritIO().start().waitFor();
    if (code != 0) {
      throw new IllegalStateException("kill -%s %s: %d".formatted(name, pid, code));
    }
  }

  /** Requests termination and returns without waiting. */
  public void terminate() {
    process.destroy();
  }

  /** Kills the process, as {@code kill -9} does, and waits until it has ended. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Requests termination and kills the process after 20 s. */
  @Override
  public void close() throws InterruptedException {
    terminate();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      kill();
    }
  }
}
