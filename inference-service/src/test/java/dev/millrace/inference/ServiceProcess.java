package dev.millrace.inference;

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
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The built service as a process of its own, with a small heap. */
final class ServiceProcess implements AutoCloseable {
  /** Less than one decoded 16-megapixel image would take. */
  private static final String HEAP = "-Xmx160m";

  private final Process process;
  private final Path log;
  private final int port;
  private final int grpcPort;
  private final HttpClient http = HttpClient.newHttpClient();

  private ServiceProcess(Process process, Path log, int port, int grpcPort) {
    this.process = process;
    this.log = log;
    this.port = port;
    this.grpcPort = grpcPort;
  }

  /** Starts it with these settings beside ports of its own; does not wait. */
  static ServiceProcess launch(Path log, Map<String, String> settings) throws IOException {
    int port = freePort();
    int grpcPort = freePort();
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            HEAP,
            "-jar",
            Path.of("target", "quarkus-app", "quarkus-run.jar").toString());
    builder.environment().keySet().removeIf(name -> name.startsWith("MILLRACE_"));
    Map<String, String> all = new HashMap<>(settings);
    all.putIfAbsent("MILLRACE_HTTP_PORT", Integer.toString(port));
    all.putIfAbsent("MILLRACE_GRPC_PORT", Integer.toString(grpcPort));
    builder.environment().putAll(all);
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    return new ServiceProcess(builder.start(), log, port, grpcPort);
  }

  static Map<String, String> settings(String s3Endpoint, String kafka) {
    Map<String, String> settings = new HashMap<>();
    settings.put("MILLRACE_S3_ENDPOINT", s3Endpoint);
    settings.put("MILLRACE_S3_BUCKET", S3Server.BUCKET);
    settings.put("MILLRACE_S3_ACCESS_KEY", S3Server.ACCESS_KEY);
    settings.put("MILLRACE_S3_SECRET_KEY", S3Server.SECRET_KEY);
    settings.put("MILLRACE_KAFKA_BOOTSTRAP_SERVERS", kafka);
    settings.put("MILLRACE_INFERENCE_POLL_SECONDS", "1");
    return settings;
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  void awaitStatus(String path, int status) {
    await()
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(100))
        .failFast("the service ended: " + log, () -> !process.isAlive())
        .ignoreException(ConnectException.class)
        .until(() -> get(path).statusCode() == status);
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(request(path).build(), BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String contentType, byte[] body)
      throws IOException, InterruptedException {
    return post(path, contentType, BodyPublishers.ofByteArray(body));
  }

  HttpResponse<String> post(String path, String contentType, BodyPublisher body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = request(path).POST(body);
    if (contentType != null) {
      request.header("Content-Type", contentType);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  HttpResponse<String> postAuthorized(
      String path, String contentType, byte[] body, String authorization)
      throws IOException, InterruptedException {
    HttpRequest request =
        request(path)
            .POST(BodyPublishers.ofByteArray(body))
            .header("Content-Type", contentType)
            .header("Authorization", authorization)
            .build();
    return http.send(request, BodyHandlers.ofString());
  }

  /** As {@link #post} with headers, name and value in turn. */
  HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = request(path).method(method, BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofByteArray());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
        .timeout(Duration.ofSeconds(30));
  }

  int port() {
    return port;
  }

  int grpcPort() {
    return grpcPort;
  }

  /** Waits until so many images wait for their forward pass. */
  void awaitWaiting(int images) {
    await()
        .pollInterval(Duration.ofMillis(20))
        .until(() -> (int) metric("millrace_inference_queue_images") >= images);
  }

  /** A meter by its name and tags, as it stands there. */
  double metric(String name) throws IOException, InterruptedException {
    return get("/q/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow();
  }

  /** Tells it to stop; does not wait. */
  void terminate() {
    process.destroy();
  }

  /** Standard output and error so far. */
  String log() throws IOException {
    return Files.readString(log);
  }

  /** Physical memory of the process in bytes. */
  long residentBytes() throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .findFirst()
        .orElseThrow();
  }

  /** Returns when it is done. */
  void collectGarbage() throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(process.pid()),
                "GC.run")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!jcmd.waitFor(30, TimeUnit.SECONDS) || jcmd.exitValue() != 0) {
      throw new IllegalStateException("jcmd failed");
    }
  }

  int exitCode() throws InterruptedException {
    if (!process.waitFor(90, TimeUnit.SECONDS)) {
      throw new IllegalStateException("still running: " + log);
    }
    return process.exitValue();
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
