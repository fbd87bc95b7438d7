package dev.millrace.benchmarks.serving;

import dev.millrace.benchmarks.load.H2Load;
import dev.millrace.benchmarks.process.Children;
import dev.millrace.benchmarks.process.Reference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** The same weights behind a Python server with dynamic batching. Closing it stops the server. */
public final class LitServePeer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Process process;
  private final Path log;
  private final int port = Children.freePort();

  /**
   * Starts the server.
   *
   * @param checkpoint the folder of the weights
   * @param log the file for the server's output
   */
  public LitServePeer(Reference reference, Path checkpoint, Path log) throws IOException {
    this.log = log;
    List<String> command =
        List.of(
            reference.python(),
            reference.helper("litserve_server.py").toString(),
            reference.script().toString(),
            checkpoint.resolve("weights.safetensors").toString(),
            Integer.toString(port));
    process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  /** Returns why the server cannot be run, or null if it can. */
  public static String missing(Reference reference) throws InterruptedException {
    try {
      Children.run(List.of(reference.python(), "-c", "import litserve, safetensors"), Map.of());
      return null;
    } catch (IOException | IllegalStateException e) {
      return "%s lacks litserve or safetensors; install them with pip"
          .formatted(reference.python());
    }
  }

  public H2Load load(byte[] image) throws IOException {
    String json = "{\"image\":\"%s\"}".formatted(Base64.getEncoder().encodeToString(image));
    byte[] body = json.getBytes(StandardCharsets.US_ASCII);
    return H2Load.http(port, "/predict", "application/json", body);
  }

  /** Waits until the server responds. */
  public void awaitResponse(byte[] image) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try (H2Load load = load(image)) {
      while (true) {
        try {
          load.once();
          return;
        } catch (IOException e) {
          if (!process.isAlive() || System.nanoTime() > deadline) {
            throw new IOException("LitServe does not respond; see " + log, e);
          }
          Thread.sleep(200);
        }
      }
    }
  }

  @Override
  public void close() throws InterruptedException {
    // The workers are processes too.
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().waitFor();
  }
}
