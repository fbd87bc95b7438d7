package dev.millrace.stack.process;

import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Ports;
import dev.millrace.stack.home.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A child process that is restarted when it dies. Not thread-safe: only the supervisor's thread
 * uses it.
 */
public final class ManagedProcess {
  private static final int KILLED = 128 + 9;
  private static final int TERMINATED = 128 + 15;
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(200);
  private static final Duration HEALTHY = Duration.ofSeconds(30);

  private final Home home;
  private final String name;
  private final int port;
  private final ProcessBuilder builder;
  private final ProcessLog log;
  private final ExitCounter exits = new ExitCounter();
  private Process process;
  private boolean answered;
  private long startedAt;
  private long startAgainAt;
  private Duration pause = SHORTEST_PAUSE;

  /**
   * Creates a process without starting it.
   *
   * @param port the port on which the process listens when it is ready
   */
  public ManagedProcess(Home home, String name, int port, ProcessBuilder builder) {
    this.home = home;
    this.name = name;
    this.port = port;
    this.builder = builder;
    this.log = new ProcessLog(home.log(name));
  }

  public String name() {
    return name;
  }

  public int port() {
    return port;
  }

  public ProcessLog log() {
    return log;
  }

  public void start() {
    log.begin();
    try {
      process =
          builder
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.file().toFile()))
              .start();
      process.getOutputStream().close();
      startedAt = System.nanoTime();
      answered = false;
      Files.writeString(home.pid(name), process.pid() + "\n");
    } catch (IOException e) {
      throw new CommandFailedException("cannot start %s (%s)".formatted(name, Reason.of(e)));
    }
  }

  /**
   * Restarts the process if it died.
   *
   * @return a message for the user; null if nothing happened
   * @throws ProcessFailedException if a restart would not help
   */
  public String restartIfEnded() {
    if (process.isAlive()) {
      answered = answered || Ports.answers(port);
      if (System.nanoTime() - startedAt > HEALTHY.toNanos()) {
        pause = SHORTEST_PAUSE;
      }
      return null;
    }
    String news = startAgainAt == 0 ? ended(process.exitValue()) : null;
    if (System.nanoTime() >= startAgainAt) {
      startAgainAt = 0;
      start();
    }
    return news;
  }

  private String ended(int code) {
    String message = log.lastMessage();
    if (code == CommandFailedException.EX_CONFIG || code == CommandFailedException.EX_UNAVAILABLE) {
      throw new ProcessFailedException(name, code, message);
    }
    // A process that was ready before it was killed will probably work again.
    boolean killed = (code == KILLED || code == TERMINATED) && answered;
    Duration life = Duration.ofNanos(System.nanoTime() - startedAt);
    if (killed) {
      exits.reset();
    } else if (exits.addAndCheckLimit(code, log.lastUserMessage(), life)) {
      throw new ProcessFailedException(
          name,
          code,
          "%s ended %d times in a row with code %d and is not restarted: %s (log: %s)"
              .formatted(name, ExitCounter.LIMIT, code, message, log.file()));
    }
    startAgainAt = System.nanoTime() + pause.toNanos();
    String news =
        String.format(
            Locale.ROOT,
            "%s ended with code %d and is restarted in %.1f s: %s (log: %s)",
            name,
            code,
            pause.toMillis() / 1e3,
            message,
            log.file());
    Duration longer = pause.multipliedBy(2);
    pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
    return news;
  }

  /** Asks the process to stop, and kills it when the time is up. */
  public void stop(Duration patience) throws InterruptedException {
    if (process == null) {
      return;
    }
    stop(process.toHandle(), patience);
    Path pid = home.pid(name);
    try {
      Files.deleteIfExists(pid);
    } catch (IOException e) {
      throw new CommandFailedException("cannot remove %s (%s)".formatted(pid, Reason.of(e)));
    }
  }

  public static void stop(ProcessHandle handle, Duration patience) throws InterruptedException {
    handle.destroy();
    try {
      handle.onExit().get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      handle.destroyForcibly();
      handle.onExit().join();
    }
  }
}
