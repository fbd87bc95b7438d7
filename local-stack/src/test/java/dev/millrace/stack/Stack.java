package dev.millrace.stack;

import static org.awaitility.Awaitility.await;

import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * A stack as a user runs it: the launcher and its processes, with their own home and free ports.
 * Closing it stops all of them.
 */
public final class Stack implements AutoCloseable {
  public static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
  private static final Random RANDOM = new Random();

  public final Home home;
  public final Ports ports;
  private final Map<String, String> environment = new HashMap<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private Path project = PROJECT;
  private Process launcher;

  public Stack(Path home) {
    this.home = new Home(home);
    this.ports = freePorts();
  }

  private static Ports freePorts() {
    while (true) {
      Ports ports = new Ports(10_000 + RANDOM.nextInt(10_000));
      try {
        ports.requireFree();
        return ports;
      } catch (CommandFailedException taken) {
        // Another process uses one of the ports, so try others.
      }
    }
  }

  /** Sets an environment variable of the launcher, which passes it on to the services. */
  public Stack with(String name, Object value) {
    environment.put(name, value.toString());
    return this;
  }

  /** Uses another build than this one. */
  public Stack of(Path project) {
    this.project = project;
    return this;
  }

  /** Starts {@code millrace up} with this home and free ports, and does not wait. */
  public Stack up(String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("up"));
    arguments.addAll(List.of("--port-offset", Integer.toString(ports.offset())));
    arguments.addAll(List.of(options));
    launcher = launch(arguments, output());
    return this;
  }

  /** Runs another command on this home to its end. */
  public Result command(String... arguments) throws IOException, InterruptedException {
    Path out = Files.createTempFile("millrace", ".out");
    Process process = launch(List.of(arguments), out);
    exited(process);
    return new Result(process.exitValue(), Files.readString(out));
  }

  public record Result(int exitCode, String output) {}

  private Process launch(List<String> arguments, Path output) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // The same options as in the script.
    command.addAll(List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("-Dmillrace.project=" + project);
    Path target = PROJECT.resolve("local-stack/target");
    command.addAll(
        List.of("-cp", target.resolve("local-stack.jar") + ":" + target.resolve("lib/*")));
    command.add(Millrace.class.getName());
    command.addAll(arguments);
    command.add("--home=" + home.root());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
    builder.environment().keySet().removeIf(name -> name.startsWith("MILLRACE_"));
    builder.environment().putAll(environment);
    return builder.start();
  }

  private Path output() {
    return home.root().resolveSibling(home.root().getFileName() + ".out");
  }

  /** Returns the launcher's output, from all of its runs. */
  public String said() throws IOException {
    return Files.exists(output()) ? Files.readString(output()) : "";
  }

  public void awaitSaid(String text) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .failFast("the launcher ended", () -> !launcher.isAlive() && !said().contains(text))
        .until(() -> said().contains(text));
  }

  public boolean isAlive() {
    return launcher.isAlive();
  }

  /** Waits for the launcher to end. */
  public int exitCode() throws InterruptedException {
    exited(launcher);
    return launcher.exitValue();
  }

  private static void exited(Process process) throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("still running: " + process.info());
    }
  }

  /** Suspends a process until {@link #resume}. */
  public void pause(String process) throws IOException, InterruptedException {
    signal("STOP", process);
  }

  public void resume(String process) throws IOException, InterruptedException {
    signal("CONT", process);
  }

  private void signal(String signal, String process) throws IOException, InterruptedException {
    long pid = home.processes().running(process).orElseThrow().pid();
    // The shell's built-in kill, because some Linux systems lack the program.
    Process sent =
        new ProcessBuilder("sh", "-c", "kill -%s %d".formatted(signal, pid)).inheritIO().start();
    if (sent.waitFor() != 0) {
      throw new IllegalStateException("%s did not get SIG%s".formatted(process, signal));
    }
  }

  /** Kills a process with SIGKILL, and returns after its end. */
  public void kill(String process) {
    home.processes()
        .running(process)
        .ifPresent(
            living -> {
              living.destroyForcibly();
              living.onExit().join();
            });
  }

  /** Kills the launcher itself with SIGKILL. Its processes keep running. */
  public void killLauncher() throws InterruptedException {
    launcher.destroyForcibly().waitFor();
  }

  public void awaitStatus(int port, String path, int status) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> get(port, path).statusCode() == status);
  }

  public HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
    return http.send(request(port, path).build(), BodyHandlers.ofString());
  }

  public HttpResponse<String> post(int port, String path, String contentType, byte[] body)
      throws IOException, InterruptedException {
    return http.send(
        request(port, path)
            .header("Content-Type", contentType)
            .POST(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static HttpRequest.Builder request(int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(port, path)))
        .timeout(Duration.ofSeconds(10));
  }

  /** Returns the path of one of the run's files in the folder of the S3 server. */
  public Path run(String run, String path) {
    return home.bucket().resolve("runs").resolve(run).resolve(path);
  }

  @Override
  public void close() throws IOException, InterruptedException {
    command("stop");
    if (launcher != null) {
      exited(launcher);
    }
  }
}
