package dev.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs a MinIO server for one test class. The executable is the one that {@code MILLRACE_MINIO}
 * names, or {@code minio} on the path or in {@code ~/go/bin}. If there is none, the test class is
 * skipped.
 */
public final class MinioServer implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
  public static final String NOT_INSTALLED =
      "SKIPPED: no MinIO server; go install github.com/minio/minio@latest, or set MILLRACE_MINIO";

  private static final String USER = "millrace";
  private static final String PASSWORD = "only-of-this-test";

  private Path folder;
  private Process process;
  private int port;
  private MinioObjectStore store;

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    folder = Files.createTempDirectory("minio");
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    ProcessBuilder builder =
        new ProcessBuilder(
                program().orElseThrow().toString(),
                "server",
                "--address",
                "127.0.0.1:" + port,
                folder.resolve("data").toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile());
    builder.environment().put("MINIO_ROOT_USER", USER);
    builder.environment().put("MINIO_ROOT_PASSWORD", PASSWORD);
    builder.environment().put("MINIO_BROWSER", "off");
    builder.environment().put("MINIO_UPDATE", "off");
    process = builder.start();
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(this::isReady);
  }

  static boolean isInstalled() {
    return program().isPresent();
  }

  private static Optional<Path> program() {
    String named = System.getenv("MILLRACE_MINIO");
    if (named != null) {
      assertThat(Path.of(named)).as("MILLRACE_MINIO").isExecutable();
      return Optional.of(Path.of(named));
    }
    String goBin = Path.of(System.getProperty("user.home"), "go", "bin").toString();
    return Stream.concat(
            Stream.of(System.getenv("PATH").split(File.pathSeparator)), Stream.of(goBin))
        .map(directory -> Path.of(directory, "minio"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private boolean isReady() throws IOException, InterruptedException {
    assertThat(process.isAlive()).as(() -> "MinIO ended: " + log()).isTrue();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/minio/health/ready".formatted(port)))
            .build();
    try {
      return HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode()
          == 200;
    } catch (IOException e) {
      // The server does not listen yet.
      return false;
    }
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Creates a new bucket for each test. */
  public ObjectStore emptyStore() {
    store =
        new MinioObjectStore(
            "http://127.0.0.1:" + port, "test-" + UUID.randomUUID(), USER, PASSWORD);
    store.ensureBucket();
    return store;
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    store.close();
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    process.destroy();
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted((a, b) -> b.compareTo(a)).map(Path::toFile).forEach(File::delete);
    }
  }
}
