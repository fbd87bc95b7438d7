package dev.millrace.stack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Starts a stack, starts again what dies, and stops all in the opposite order. */
final class Supervisor implements AutoCloseable {
  static final List<String> PROCESSES = List.of("kafka", "s3", "ingest", "trainer", "inference");
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofSeconds(25);
  private static final Duration POLL = Duration.ofMillis(100);

  private final Home home;
  private final Ports ports;
  private final Processes processes;
  private final Console console;
  private final Deque<ManagedProcess> started = new ArrayDeque<>();
  private boolean inferenceStarted;

  Supervisor(Home home, Ports ports, StackSettings settings, Path project, Console console) {
    this.home = home;
    this.ports = ports;
    this.processes = new Processes(home, ports, settings, project);
    this.console = console;
  }

  /** Stops what a supervisor that was killed has left running. */
  static void stopOrphans(Home home) throws InterruptedException {
    for (int i = PROCESSES.size() - 1; i >= 0; i--) {
      var orphan = home.living(PROCESSES.get(i));
      if (orphan.isPresent()) {
        ManagedProcess.stop(orphan.get(), STOP);
      }
    }
  }

  /** All but inference. */
  void start() throws InterruptedException {
    start(processes.kafka());
    start(processes.s3());
    awaitPort("kafka", ports.kafka());
    awaitPort("s3", ports.s3());
    start(processes.ingest());
    start(processes.trainer());
  }

  /** Once there is, or soon will be, something to serve; before, it would only be in the way. */
  void startInference() {
    if (!inferenceStarted) {
      start(processes.inference());
      inferenceStarted = true;
    }
  }

  private void start(ManagedProcess process) {
    process.start();
    started.push(process);
  }

  private void awaitPort(String what, int port) throws InterruptedException {
    long deadline = System.nanoTime() + START.toNanos();
    while (!answers(port)) {
      if (System.nanoTime() > deadline) {
        throw new StackException(
            "%s does not answer on port %d after %d s; see %s"
                .formatted(what, port, START.toSeconds(), home.log(what)));
      }
      heal();
      Thread.sleep(POLL.toMillis());
    }
  }

  private static boolean answers(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Starts again what died since the last call, saying so. */
  void heal() {
    for (ManagedProcess process : started) {
      String news = process.heal();
      if (news != null) {
        console.say(news);
      }
    }
    home.requireRoom();
  }

  @Override
  public void close() {
    try {
      while (!started.isEmpty()) {
        stop(started.pop());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Trouble with one leaves none of the others running. */
  private void stop(ManagedProcess process) throws InterruptedException {
    try {
      process.stop(STOP);
    } catch (StackException e) {
      console.say(e.getMessage());
    }
  }
}
