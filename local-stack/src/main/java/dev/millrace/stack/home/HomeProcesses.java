package dev.millrace.stack.home;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/**
 * Finds the running processes of a home. Each child process carries the markers of {@link Home} on
 * its command line, so that a process id that the system has reused is not mistaken for it.
 */
public record HomeProcesses(Home home) {
  /** The launcher's main class, as its command line names it. */
  private static final String LAUNCHER = "dev.millrace.stack.Millrace";

  /** Returns a running child process of this home by its name. */
  public Optional<ProcessHandle> running(String process) {
    if (!Files.exists(home.pid(process))) {
      return Optional.empty();
    }
    Optional<ProcessHandle> written = written(process).filter(this::isChild);
    return written.isPresent()
        ? written
        : children().stream().filter(child -> hasArgument(child, Home.marker(process))).findFirst();
  }

  /** Returns the running process of a pid file; empty if the file is damaged. */
  private Optional<ProcessHandle> written(String process) {
    try {
      return ProcessHandle.of(Long.parseLong(Files.readString(home.pid(process)).strip()))
          .filter(ProcessHandle::isAlive);
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  /**
   * Returns all running child processes of this home, with or without a pid file. The launcher is
   * not among them.
   */
  public List<ProcessHandle> children() {
    return ProcessHandle.allProcesses().filter(this::isChild).toList();
  }

  /**
   * Returns the running launcher of this home. A launcher holds the home's lock while it runs.
   *
   * @throws CommandFailedException if the lock is held and the pid file does not name the holder
   */
  public Optional<ProcessHandle> launcher() {
    Path lock = home.run("lock");
    if (!Files.isRegularFile(lock)) {
      return Optional.empty();
    }
    try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
        FileLock free = channel.tryLock()) {
      if (free != null) {
        return Optional.empty();
      }
    } catch (IOException e) {
      throw new CommandFailedException("cannot lock %s (%s)".formatted(lock, Reason.of(e)));
    }
    ProcessHandle launcher =
        written("millrace")
            .filter(process -> hasArgument(process, LAUNCHER))
            .orElseThrow(
                () ->
                    new CommandFailedException(
                        "millrace up is running in --home %s, but %s does not hold its process id; stop it with Ctrl-C where it was started"
                            .formatted(home.root(), home.pid("millrace"))));
    return Optional.of(launcher);
  }

  private boolean isChild(ProcessHandle process) {
    return hasArgument(process, home.marker())
        && process.pid() != ProcessHandle.current().pid()
        && !hasArgument(process, LAUNCHER);
  }

  private static boolean hasArgument(ProcessHandle process, String argument) {
    try {
      Path commandLine = Path.of("/proc", Long.toString(process.pid()), "cmdline");
      // Read as bytes, because the arguments of another program may not be valid text.
      String arguments = new String(Files.readAllBytes(commandLine), StandardCharsets.ISO_8859_1);
      String wanted =
          new String(argument.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
      return arguments.contains("\0" + wanted + "\0");
    } catch (IOException e) {
      // The process ended in the meantime, or it belongs to another user.
      return false;
    }
  }
}
