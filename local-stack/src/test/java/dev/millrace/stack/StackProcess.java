package dev.millrace.stack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** {@code millrace up} as a user starts it, in a process of its own with everything below it. */
final class StackProcess implements AutoCloseable {
  private static final int FIRST_OFFSET = 12_000;
  private static final int LAST_OFFSET = 20_000;
  private static final int STEP = 50;

  private final Process process;
  private final Home home;
  private final Ports ports;

  private StackProcess(Process process, Home home, Ports ports) {
    this.process = process;
    this.home = home;
    this.ports = ports;
  }

  static StackProcess up(Path root, Path log, Map<String, String> environment, String... options)
      throws IOException {
    Home home = new Home(root);
    Ports ports = freePorts();
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dmillrace.project=" + Path.of("").toAbsolutePath().getParent(),
                home.marker(),
                "-cp",
                Path.of("target", "classes") + ":" + Path.of("target", "lib", "*"),
                Millrace.class.getName(),
                "up",
                "--home",
                home.root().toString(),
                "--port-offset",
                Integer.toString(ports.offset())));
    command.addAll(List.of(options));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("MILLRACE_"));
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    return new StackProcess(builder.start(), home, ports);
  }

  private static Ports freePorts() {
    return IntStream.iterate(FIRST_OFFSET, offset -> offset < LAST_OFFSET, offset -> offset + STEP)
        .mapToObj(Ports::new)
        .filter(StackProcess::areFree)
        .findFirst()
        .orElseThrow();
  }

  private static boolean areFree(Ports ports) {
    return IntStream.of(
            ports.inference(),
            ports.ingest(),
            ports.trainer(),
            ports.inferenceGrpc(),
            ports.kafka(),
            ports.kafkaController(),
            ports.s3())
        .allMatch(StackProcess::isFree);
  }

  private static boolean isFree(int port) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  String page() {
    return "http://127.0.0.1:%d/".formatted(ports.inference());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** As {@code kill -9} does. */
  void kill(String name) throws IOException {
    long pid = Long.parseLong(Files.readString(home.pid(name)).strip());
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(90, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
