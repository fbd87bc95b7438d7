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

  /**
   * Kafka halts when it cannot write. The stack stops before that, so that no file is left
   * incomplete.
   */
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

  /** Returns the file with the port offset of the stack that was started last. */
  public Path portOffset() {
    return run("port-offset");
  }

  /** Returns the file with the token for promote, rollback, pin and unpin. */
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
   * Creates the folders of the home.
   *
   * @throws StackException if a folder cannot be created
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
   * Checks that the home exists.
   *
   * @throws StackException if the home does not exist
   */
  public void requireThere() {
    if (!Files.isDirectory(root.resolve("run"))) {
      throw new StackException(
          "there is no --home %s; millrace up makes one, and the other commands take --home, too"
              .formatted(root));
    }
  }

  /**
   * Checks that the home is writable and that its disk has space left.
   *
   * @throws StackException if the home is not writable, or its disk is almost full
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

  /** Returns the command-line option that marks a child process as this home's. */
  public String marker() {
    return "-Ddev.millrace.home=" + root;
  }

  /** Returns the command-line option that marks a child process as the named one. */
  public static String marker(String process) {
    return "-Ddev.millrace.process=" + process;
  }

  /** Returns the living process of a pid file, if this stack started it. */
  public Optional<ProcessHandle> living(String process) {
    if (!Files.exists(pid(process))) {
      return Optional.empty();
    }
    // The pid may belong to an unrelated process by now. Only the marker identifies ours.
    Optional<ProcessHandle> written = written(process).filter(this::isOurs);
    return written.isPresent()
        ? written
        : orphans().stream().filter(orphan -> hasArgument(orphan, marker(process))).findFirst();
  }

  /** Returns the living process of a pid file; empty if the file is damaged. */
  private Optional<ProcessHandle> written(String process) {
    try {
      return ProcessHandle.of(Long.parseLong(Files.readString(pid(process)).strip()))
          .filter(ProcessHandle::isAlive);
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  /**
   * Returns all living child processes of this home, with or without a pid file. The launcher is
   * not among them.
   */
  public List<ProcessHandle> orphans() {
    return ProcessHandle.allProcesses().filter(this::isOurs).toList();
  }

  /**
   * Returns the living launcher of this home. A launcher holds the home's lock while it lives.
   *
   * @throws StackException if the lock is held and the pid file does not name the holder
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
