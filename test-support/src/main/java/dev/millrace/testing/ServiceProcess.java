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

/** The module's built service as a process of its own. */
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
   * Starts it with these settings beside an HTTP port of its own; does not wait.
   *
   * @param heap such as {@code -Xmx160m}
   * @param log takes its output, after what is there
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

  /** Waits until a GET of the path has this status. */
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
   * @param contentType null for none
   * @param headers name and value in turn
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

  /** By any method, for an answer of bytes; headers as {@link #post} takes them. */
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

  /** Of HTTP. */
  public int port() {
    return Integer.parseInt(setting(HTTP_PORT));
  }

  /** What it was started with. */
  public String setting(String name) {
    return settings.get(name);
  }

  /** A meter by its name and tags, as it stands in {@code /q/metrics}. */
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

  /** Standard output and error so far. */
  public String log() throws IOException {
    return Files.readString(log);
  }

  /** What it tells a supervisor, in order. */
  public List<String> words() throws IOException {
    return log().lines().filter(line -> line.startsWith("millrace: ")).toList();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for its end. */
  public int exitCode() throws InterruptedException {
    if (!process.waitFor(90, TimeUnit.SECONDS)) {
      throw new IllegalStateException("still running: " + log);
    }
    return process.exitValue();
  }

  /** Lets it hang, and with {@code CONT} go on. */
  public void signal(String name) throws IOException, InterruptedException {
    String pid = Long.toString(process.pid());
    int code = new ProcessBuilder("kill", "-" + name, pid).inheritIO().start().waitFor();
    if (code != 0) {
      throw new IllegalStateException("kill -%s %s: %d".formatted(name, pid, code));
    }
  }

  /** Tells it to stop; does not wait. */
  public void terminate() {
    process.destroy();
  }

  /** Ends it at once, as {@code kill -9} does. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Asks it to stop; insists after 20 s. */
  @Override
  public void close() throws InterruptedException {
    terminate();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      kill();
    }
  }
}
