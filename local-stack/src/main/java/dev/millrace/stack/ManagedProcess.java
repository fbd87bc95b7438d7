package dev.millrace.stack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** A child process that is started again when it dies. The supervisor's one thread uses it. */
final class ManagedProcess {
  private static final int NEEDS_PERSON = 78;
  private static final int TERMINATED = 128 + 15;
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(200);
  private static final Duration HEALTHY = Duration.ofSeconds(30);

  private final Home home;
  private final String name;
  private final List<String> command;
  private final Map<String, String> environment;
  private final Runnable afterOrderlyEnd;
  private Process process;
  private long startedAt;
  private long startAgainAt;
  private Duration pause = SHORTEST_PAUSE;

  /**
   * @param afterOrderlyEnd run when it has ended because it was asked to
   */
  ManagedProcess(
      Home home,
      String name,
      List<String> command,
      Map<String, String> environment,
      Runnable afterOrderlyEnd) {
    this.home = home;
    this.name = name;
    this.command = command;
    this.environment = environment;
    this.afterOrderlyEnd = afterOrderlyEnd;
  }

  String name() {
    return name;
  }

  void start() {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(home.log(name).toFile()));
      builder.environment().putAll(environment);
      process = builder.start();
      process.getOutputStream().close();
      startedAt = System.nanoTime();
      Files.writeString(home.pid(name), process.pid() + "\n");
    } catch (IOException e) {
      throw new StackException("cannot start %s (%s)".formatted(name, e));
    }
  }

  /**
   * Starts it again if it died.
   *
   * @return what happened, for the user; null if nothing did
   * @throws StackException if it ended because a person is needed
   */
  String heal() {
    if (process.isAlive()) {
      if (System.nanoTime() - startedAt > HEALTHY.toNanos()) {
        pause = SHORTEST_PAUSE;
      }
      return null;
    }
    if (process.exitValue() == NEEDS_PERSON) {
      throw new StackException(lastWords(home, name));
    }
    if (startAgainAt == 0) {
      startAgainAt = System.nanoTime() + pause.toNanos();
      pause =
          pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
              ? pause.multipliedBy(2)
              : LONGEST_PAUSE;
    }
    if (System.nanoTime() < startAgainAt) {
      return null;
    }
    int code = process.exitValue();
    startAgainAt = 0;
    start();
    return "%s ended with code %d and was started again (log: %s)"
        .formatted(name, code, home.log(name));
  }

  /** The last line of a log that is for people. */
  static String lastWords(Home home, String name) {
    try (Stream<String> lines = Files.lines(home.log(name), StandardCharsets.ISO_8859_1)) {
      return lines
          .filter(line -> line.startsWith("millrace: "))
          .reduce((a, b) -> b)
          .map(line -> line.substring("millrace: ".length()))
          .orElse("%s stopped; see %s".formatted(name, home.log(name)));
    } catch (IOException e) {
      return "%s stopped, and its log %s cannot be read (%s)".formatted(name, home.log(name), e);
    }
  }

  /** Asks it to stop, waits, and then does not ask any more. */
  void stop(Duration patience) throws InterruptedException {
    if (process == null) {
      return;
    }
    stop(process.toHandle(), patience);
    Path pid = home.pid(name);
    try {
      Files.deleteIfExists(pid);
    } catch (IOException e) {
      throw new StackException("cannot remove %s (%s)".formatted(pid, e));
    }
    if (process.waitFor() == TERMINATED) {
      afterOrderlyEnd.run();
    }
  }

  static void stop(ProcessHandle handle, Duration patience) throws InterruptedException {
    handle.destroy();
    try {
      handle.onExit().get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      handle.destroyForcibly();
      handle.onExit().join();
    }
  }
}
