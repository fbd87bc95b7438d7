package dev.millrace.stack.command;

import dev.millrace.stack.home.AtomicFile;
import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Ports;
import dev.millrace.stack.home.Reason;
import dev.millrace.stack.home.RunTraces;
import dev.millrace.stack.process.ProcessFailedException;
import dev.millrace.stack.process.Processes;
import dev.millrace.stack.process.Supervisor;
import dev.millrace.stack.progress.Console;
import dev.millrace.stack.progress.ProgressReader;
import dev.millrace.stack.settings.ShellEnvironment;
import dev.millrace.stack.settings.StackSettings;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace up}: runs the whole stack until Ctrl-C, or until the end of the run. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description = "Starts the stack, trains and serves. Resumes the run of an existing home.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:the run is complete (--exit-after-training)",
      "1:the stack cannot start or continue; the last line says why",
      "2:an option is unknown, or its value has the wrong type",
      "78:a service refused a setting, the dataset or damaged data; the last line says which",
      "130, 143:stopped by Ctrl-C or SIGTERM",
      "other:the exit code of a process that ended three times in a row in the same way"
    })
public final class UpCommand implements Callable<Integer> {
  @Mixin private HomeOption home;

  @Mixin private UpOptions options;

  @Option(
      names = "--port-offset",
      paramLabel = "N",
      defaultValue = "0",
      description = "number to add to every port")
  private int portOffset;

  @Option(
      names = "--exit-after-training",
      description = "prints the report and stops when the run is complete")
  private boolean exitAfterTraining;

  @Override
  public Integer call() throws Exception {
    Home home = this.home.home();
    ShellEnvironment shell = new ShellEnvironment(System.getenv());
    StackSettings settings = options.settings(home, shell);
    Ports ports = new Ports(portOffset);
    home.create();
    try (FileChannel channel = openLock(home);
        FileLock lock = channel.tryLock();
        StopSignal signal = new StopSignal()) {
      if (lock == null) {
        throw new CommandFailedException(
            "a stack is already running in --home %s; see millrace status".formatted(home.root()));
      }
      Supervisor.stopOrphans(home);
      ports.requireFree();
      if (replacesSynthetic(home, settings)) {
        new RunTraces(home).clear();
      }
      settings.store(home);
      write(home.pid("millrace"), ProcessHandle.current().pid());
      write(home.portOffset(), portOffset);
      try {
        supervise(home, ports, settings, shell);
        return 0;
      } finally {
        Files.deleteIfExists(home.pid("millrace"));
      }
    }
  }

  private static FileChannel openLock(Home home) {
    try {
      return FileChannel.open(
          home.run("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot lock %s (%s); remove it".formatted(home.run("lock"), Reason.of(e)));
    }
  }

  private static void write(Path file, long number) {
    AtomicFile.write(file, (number + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  /** Returns whether another dataset replaces the stream of the synthetic dataset in the home. */
  private static boolean replacesSynthetic(Home home, StackSettings settings) {
    return StackSettings.stored(home)
        .filter(stored -> stored.wanted() != null && settings.wanted() == null)
        .isPresent();
  }

  private void supervise(Home home, Ports ports, StackSettings settings, ShellEnvironment shell)
      throws IOException {
    Console console = new Console(System.out, System.console() != null);
    console.print("run %s in %s; logs in %s".formatted(settings.run(), home.root(), home.logs()));
    try {
      runStack(home, ports, settings, shell, console);
    } catch (ProcessFailedException e) {
      if (!e.isExit("ingest", CommandFailedException.EX_UNAVAILABLE)) {
        throw e;
      }
      console.print("");
      console.print("*** " + e.getMessage());
      console.print("*** continuing with the SYNTHETIC dataset instead");
      console.print("");
      StackSettings synthetic = settings.withSyntheticDataset();
      synthetic.store(home);
      runStack(home, ports, synthetic, shell, console);
    }
  }

  private void runStack(
      Home home, Ports ports, StackSettings settings, ShellEnvironment shell, Console console)
      throws IOException {
    Path project = Path.of(System.getProperty("millrace.project", "."));
    Processes processes = new Processes(home, ports, settings, project, shell);
    boolean complete = false;
    try (Supervisor supervisor = new Supervisor(home, processes, console)) {
      supervisor.start();
      console.print("Kafka, S3 and the services are starting");
      try (ProgressReader progress = new ProgressReader(ports.kafka(), settings.run(), console)) {
        new RunWatch(home, ports, settings, supervisor, progress, console).await(exitAfterTraining);
      }
      complete = true;
    } catch (InterruptedException e) {
      console.print("stopping");
    }
    if (complete) {
      System.out.println(Files.readString(home.report(settings.run()).resolve("report.md")));
    }
  }
}
