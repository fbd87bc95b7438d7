package dev.millrace.stack.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The folder that holds one run's Kafka log, S3 objects, process ids and logs. */
public record Home(Path root) {
  public static final String BUCKET = "millrace";

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
   * @throws CommandFailedException if a folder cannot be created
   */
  public void create() {
    try {
      for (Path folder : List.of(bucket(), kafka(), root.resolve("run"), logs())) {
        Files.createDirectories(folder);
      }
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot write to --home %s (%s); choose another folder".formatted(root, Reason.of(e)));
    }
  }

  /**
   * Checks that the home exists.
   *
   * @throws CommandFailedException if the home does not exist
   */
  public void requireExists() {
    if (!Files.isDirectory(root.resolve("run"))) {
      throw new CommandFailedException(
          "there is no --home %s; millrace up creates one, and every command takes --home"
              .formatted(root));
    }
  }

  /**
   * Checks that the home is writable and that its disk has space left.
   *
   * @throws CommandFailedException if the home is not writable, or its disk is almost full
   */
  public void requireFreeSpace() {
    try {
      long free = Files.getFileStore(root).getUsableSpace();
      if (free < LEAST_FREE_BYTES || !Files.isWritable(root)) {
        throw new CommandFailedException(
            "the disk of --home %s has %d MB left and needs %d MB; free some space and run millrace up again, which resumes the run"
                .formatted(root, free >> 20, LEAST_FREE_BYTES >> 20));
      }
    } catch (IOException e) {
      throw new CommandFailedException("cannot read --home %s (%s)".formatted(root, Reason.of(e)));
    }
  }

  public HomeProcesses processes() {
    return new HomeProcesses(this);
  }

  /** Returns the command-line option that marks a child process as this home's. */
  public String marker() {
    return "-Ddev.millrace.home=" + root;
  }

  /** Returns the command-line option that marks a child process as the named one. */
  public static String marker(String process) {
    return "-Ddev.millrace.process=" + process;
  }
}
