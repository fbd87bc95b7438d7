package dev.millrace.stack.process;

import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Ports;
import dev.millrace.stack.progress.Console;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Starts the processes of a stack, restarts those that die, and stops all in reverse order. */
public final class Supervisor implements AutoCloseable {
  public static final List<String> PROCESSES =
      List.of("kafka", "s3", "ingest", "trainer", "inference");
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofSeconds(25);
  private static final Duration SILENCE = Duration.ofSeconds(5);
  private static final Duration POLL = Duration.ofMillis(100);

  private final Home home;
  private final Processes processes;
  private final Console console;
  private final Deque<ManagedProcess> started = new ArrayDeque<>();
  private boolean inferenceStarted;

  public Supervisor(Home home, Processes processes, Console console) {
    this.home = home;
    this.processes = processes;
    this.console = console;
  }

  /** Stops the processes that a killed supervisor left running. */
  public static void stopOrphans(Home home) throws InterruptedException {
    // Stop the services first, because they use Kafka and S3.
    for (int i = PROCESSES.size() - 1; i >= 0; i--) {
      var orphan = home.processes().running(PROCESSES.get(i));
      if (orphan.isPresent()) {
        ManagedProcess.stop(orphan.get(), STOP);
      }
    }
    // Stop processes without a pid file, too.
    for (ProcessHandle orphan : home.processes().children()) {
      ManagedProcess.stop(orphan, STOP);
    }
  }

  /** Starts all processes except inference. */
  public void start() throws InterruptedException {
    processes.unusedSettings().forEach(console::print);
    ManagedProcess kafka = processes.kafka();
    ManagedProcess s3 = processes.s3();
    start(kafka);
    start(s3);
    awaitAnswer(kafka);
    awaitAnswer(s3);
    start(processes.ingest());
    start(processes.trainer());
  }

  /**
   * Starts inference, unless it was started. Call this when a checkpoint exists or is due soon:
   * before, inference would only take cores from training.
   */
  public void startInference() {
    if (!inferenceStarted) {
      start(processes.inference());
      inferenceStarted = true;
    }
  }

  private void start(ManagedProcess process) {
    process.start();
    started.push(process);
  }

  private void awaitAnswer(ManagedProcess store) throws InterruptedException {
    long begin = System.nanoTime();
    boolean reported = false;
    while (!Ports.answers(store.port())) {
      long waited = System.nanoTime() - begin;
      if (waited > START.toNanos()) {
        throw new CommandFailedException(
            "%s does not answer on port %d after %d s: %s (log: %s)"
                .formatted(
                    store.name(),
                    store.port(),
                    START.toSeconds(),
                    store.log().lastMessage(),
                    store.log().file()));
      }
      if (!reported && waited > SILENCE.toNanos()) {
        reported = true;
        console.print(
            "waiting for %s to answer on port %d (log: %s)"
                .formatted(store.name(), store.port(), store.log().file()));
      }
      restartEnded();
      Thread.sleep(POLL.toMillis());
    }
  }

  /** Restarts the processes that died since the last call and reports them. */
  public void restartEnded() {
    for (ManagedProcess process : started) {
      String news = process.restartIfEnded();
      if (news != null) {
        console.print(news);
      }
    }
    home.requireFreeSpace();
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

  /** Stops a process. An error is reported, so that the other processes are stopped too. */
  private void stop(ManagedProcess process) throws InterruptedException {
    try {
      process.stop(STOP);
    } catch (CommandFailedException e) {
      console.print(e.getMessage());
    }
  }
}
