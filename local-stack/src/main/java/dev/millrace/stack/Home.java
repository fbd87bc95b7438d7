package dev.millrace.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The folder that holds one run's Kafka log, S3 objects, process ids and logs. */
record Home(Path root) {
  /** Kafka halts when it cannot write; to stop before that leaves nothing half-written. */
  private static final long LEAST_FREE_BYTES = 128L << 20;

  Home {
    root = root.toAbsolutePath().normalize();
  }

  Path kafka() {
    return root.resolve("kafka");
  }

  Path s3() {
    return root.resolve("s3");
  }

  Path bucket() {
    return s3().resolve("millrace");
  }

  Path run(String file) {
    return root.resolve("run").resolve(file);
  }

  Path pid(String process) {
    return run(process + ".pid");
  }

  Path log(String process) {
    return root.resolve("logs").resolve(process + ".log");
  }

  /** By how much the ports of the stack that was started last are shifted. */
  Path portOffset() {
    return run("port-offset");
  }

  /** The secret for changing what is served. */
  Path adminToken() {
    return run("admin-token");
  }

  Path settings() {
    return run("stack.json");
  }

  Path best(String runName) {
    return bucket().resolve("runs").resolve(runName).resolve("best.json");
  }

  Path report(String runName) {
    return bucket().resolve("runs").resolve(runName).resolve("report");
  }

  Path interimReport(String runName) {
    return bucket().resolve("runs").resolve(runName).resolve("interim-report");
  }

  Path checkpoints(String runName) {
    return bucket().resolve("runs").resolve(runName).resolve("checkpoints");
  }

  /**
   * @throws StackException if the folders cannot be made
   */
  void create() {
    try {
      Files.createDirectories(bucket());
      Files.createDirectories(kafka());
      Files.createDirectories(root.resolve("run"));
      Files.createDirectories(root.resolve("logs"));
    } catch (IOException e) {
      throw new StackException(
          "cannot write to --home %s (%s); choose another folder".formatted(root, e));
    }
  }

  /**
   * @throws StackException if the home can no longer be written, or its disk is as good as full
   */
  void requireRoom() {
    try {
      long free = Files.getFileStore(root).getUsableSpace();
      if (free < LEAST_FREE_BYTES || !Files.isWritable(root)) {
        throw new StackException(
            "--home %s has %d MB left on its disk and needs %d; free some and run millrace up again: it goes on where it was"
                .formatted(root, free >> 20, LEAST_FREE_BYTES >> 20));
      }
    } catch (IOException e) {
      throw new StackException("--home %s is gone (%s)".formatted(root, e));
    }
  }

  /** What marks a child's command line as ours. */
  String marker() {
    return "-Ddev.millrace.home=" + root;
  }

  /** The living process of a pid file, if it is still the one that we started. */
  Optional<ProcessHandle> living(String process) {
    try {
      if (!Files.exists(pid(process))) {
        return Optional.empty();
      }
      long pid = Long.parseLong(Files.readString(pid(process)).strip());
      // A pid may have gone to a stranger since: only our marker makes it ours.
      return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).filter(this::isOurs);
    } catch (IOException | NumberFormatException e) {
      throw new StackException("cannot read %s (%s); remove it".formatted(pid(process), e));
    }
  }

  private boolean isOurs(ProcessHandle process) {
    try {
      Path commandLine = Path.of("/proc", Long.toString(process.pid()), "cmdline");
      return Files.exists(commandLine)
          ? Files.readString(commandLine).contains(marker() + "\0")
          : process.info().commandLine().map(line -> line.contains(marker())).orElse(false);
    } catch (IOException e) {
      // It ended while we looked.
      return false;
    }
  }
}
