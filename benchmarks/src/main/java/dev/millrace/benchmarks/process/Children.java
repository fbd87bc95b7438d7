package dev.millrace.benchmarks.process;

import dev.millrace.model.EngineEnvironment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Starts child processes under equal conditions, so that their results can be compared. */
public final class Children {
  private static final List<String> TRAINER_OPTIONS = List.of("-Xmx384m", "-XX:+UseSerialGC");

  private Children() {}

  /** Returns the allocator's variables. PyTorch in Python gets them too. */
  public static Map<String, String> allocator() {
    Map<String, String> variables = environment();
    variables.keySet().removeIf(name -> !name.startsWith("MALLOC_"));
    return variables;
  }

  /** Runs a main class in a JVM with the trainer's options and environment. */
  public static String runAsTrainer(Class<?> main, List<String> arguments)
      throws IOException, InterruptedException {
    return run(jvm(TRAINER_OPTIONS, main, arguments), environment());
  }

  /**
   * Runs a main class as the trainer, with a heap that also holds a dataset and minibatches. The
   * young generation is not larger than the trainer's.
   */
  public static String runAsTrainerInMemory(Class<?> main, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> options = new ArrayList<>(TRAINER_OPTIONS);
    options.addAll(List.of("-Xmx2g", "-Xmn128m")); // the last of two equal options wins
    return run(jvm(options, main, arguments), environment());
  }

  /** Starts a main class in a JVM with the inference service's options; stderr is inherited. */
  public static Process startAsInference(Class<?> main, List<String> arguments) throws IOException {
    Map<String, String> environment = environment();
    environment.put("MALLOC_ARENA_MAX", "2");
    return start(jvm(List.of("-Xmx256m", "-XX:+UseSerialGC"), main, arguments), environment);
  }

  private static Map<String, String> environment() {
    return new HashMap<>(EngineEnvironment.variables());
  }

  /** Returns the command line that runs a JMH benchmark and prints its images per second. */
  public static List<String> jmh(
      List<String> options, Class<?> benchmark, List<String> parameters) {
    List<String> arguments = new ArrayList<>(List.of(benchmark.getName()));
    arguments.addAll(parameters);
    return jvm(options, JmhRun.class, arguments);
  }

  /** Runs a JMH benchmark as the trainer and returns its images per second. */
  public static double imagesPerSecondAsTrainer(Class<?> benchmark, List<String> parameters)
      throws IOException, InterruptedException {
    return Double.parseDouble(
        run(jmh(TRAINER_OPTIONS, benchmark, parameters), environment()).strip());
  }

  /** Returns the command line that runs a main class. */
  public static List<String> jvm(List<String> options, Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(java());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    return command;
  }

  public static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /**
   * Runs a process to its end.
   *
   * @return what it wrote to its standard output; its errors go to ours
   * @throws IllegalStateException if it fails
   */
  public static String run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    Process process = start(command, environment);
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException(
          "%s ended with %d: %s".formatted(command, process.exitValue(), out));
    }
    return out;
  }

  private static Process start(List<String> command, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    return builder.start();
  }

  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
