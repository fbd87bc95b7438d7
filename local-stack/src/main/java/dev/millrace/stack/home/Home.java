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

/** The folder that holds one run's Kafka log, S3 objects, process ids and logs. */
public record Home(Path root) {
  public static final String BUCKET = "millrace";

  /** The launcher's main class, as its command line names it. */
  private static final String LAUNCHER = "dev.millrace.stack.Millrace";

  /** Kafka halts when it cannot write; to stop before that leaves nothing half-written. */
  private static final long LEAST_FREE_BYTES = 128L << 20;

  public Home {
    root = Paths.real(root);
  }

  public Path kafka() {
    return root.resolve("kafka");
  }

  public Path s3() {
    return root.resolve("s3");
  }

  public Path bucket() {
    return s3().resolve(BUCKET);
  }

  public Path runs() {
    return bucket().resolve("runs");
  }

  public Path run(String file) {
    return root.resolve("run").resolve(file);
  }

  public Path pid(String process) {
    return run(process + ".pid");
  }

  public Path logs() {
    return root.resolve("logs");
  }

  public Path log(String process) {
    return logs().resolve(process + ".log");
  }

  /** By how much the ports of the stack that was started last are shifted. */
  public Path portOffset() {
    return run("port-offset");
  }

  /** The secret for changing what is served. */
  public Path adminToken() {
    return run("admin-token");
  }

  public Path settings() {
    return run("stack.json");
  }

  public Path best(String runName) {
    return runs().resolve(runName).resolve("best.json");
  }

  public Path report(String runName) {
    return runs().resolve(runName).resolve("report");
  }

  public Path interimReport(String runName) {
    return runs().resolve(runName).resolve("interim-report");
  }

  public Path checkpoints(String runName) {
    return runs().resolve(runName).resolve("checkpoints");
  }

  /**
   * @throws StackException if the folders cannot be made
   */
  public void create() {
    try {
      for (Path folder : List.of(bucket(), kafka(), root.resolve("run"), logs())) {
        Files.createDirectories(folder);
      }
    } catch (IOException e) {
      throw new StackException(
          "cannot write to --home %s (%s); choose another folder".formatted(root, Reason.of(e)));
    }
  }

  /**
   * @throws StackException if there is no such home
   */
  public void requireThere() {
    if (!Files.isDirectory(root.resolve("run"))) {
      throw new StackException(
          "there is no --home %s; millrace up makes one, and the other commands take --home, too"
              .formatted(root));
    }
  }

  /**
   * @throws StackException if the home can no longer be written, or its disk is as good as full
   */
  public void requireRoom() {
    try {
      long free = Files.getFileStore(root).getUsableSpace();
      if (free < LEAST_FREE_BYTES || !Files.isWritable(root)) {
        throw new StackException(
            "--home %s has %d MB left on its disk and needs %d; free some and run millrace up again: it goes on where it was"
                .formatted(root, free >> 20, LEAST_FREE_BYTES >> 20));
      }
    } catch (IOException e) {
      throw new StackException("--home %s is gone (%s)".formatted(root, Reason.of(e)));
    }
  }

  /** What marks a child's command line as this home's. */
  public String marker() {
    return "-Ddev.millrace.home=" + root;
  }

  /** What marks a child's command line as that process. */
  public static String marker(String process) {
    return "-Ddev.millrace.process=" + process;
  }

  /** The living process of a pid file, if it is still the one that we started. */
  public Optional<ProcessHandle> living(String process) {
    if (!Files.exists(pid(process))) {
      return Optional.empty();
    }
    // A pid may have gone to a stranger since: only our marker makes it ours.
    Optional<ProcessHandle> written = written(process).filter(this::isOurs);
    return written.isPresent()
        ? written
        : orphans().stream().filter(orphan -> hasArgument(orphan, marker(process))).findFirst();
  }

  /** The living process of a pid file; none if the file is damaged. */
  private Optional<ProcessHandle> written(String process) {
    try {
      return ProcessHandle.of(Long.parseLong(Files.readString(pid(process)).strip()))
          .filter(ProcessHandle::isAlive);
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** All living processes of this home, whatever the pid files say; the launcher is none. */
  public List<ProcessHandle> orphans() {
    return ProcessHandle.allProcesses().filter(this::isOurs).toList();
  }

  /**
   * The living launcher of this home, which holds the home's lock as long as it lives.
   *
   * @throws StackException if the lock is held and the pid file does not say by whom
   */
  public Optional<ProcessHandle> launcher() {
    Path lock = run("lock");
    if (!Files.isRegularFile(lock)) {
      return Optional.empty();
    }
    try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
        FileLock free = channel.tryLock()) {
      if (free != null) {
        return Optional.empty();
      }
    } catch (IOException e) {
      throw new StackException("cannot lock %s (%s)".formatted(lock, Reason.of(e)));
    }
    ProcessHandle launcher =
        written("millrace")
            .filter(process -> hasArgument(process, LAUNCHER))
            .orElseThrow(
                () ->
                    new StackException(
                        "millrace up is running here, but %s does not say as which process; end it with Ctrl-C where it was started"
                            .formatted(pid("millrace"))));
    return Optional.of(launcher);
  }

  private boolean isOurs(ProcessHandle process) {
    return hasArgument(process, marker())
        && process.pid() != ProcessHandle.current().pid()
        && !hasArgument(process, LAUNCHER);
  }

  private static boolean hasArgument(ProcessHandle process, String argument) {
    try {
      Path commandLine = Path.of("/proc", Long.toString(process.pid()), "cmdline");
      // Byte by byte: a stranger's arguments need not be text.
      String arguments = new String(Files.readAllBytes(commandLine), StandardCharsets.ISO_8859_1);
      String wanted =
          new String(argument.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
      return arguments.contains("\0" + wanted + "\0");
    } catch (IOException e) {
      // It ended while we looked, or is another user's.
      return false;
    }
  }
}
