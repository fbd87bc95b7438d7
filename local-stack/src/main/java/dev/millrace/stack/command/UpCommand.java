package dev.millrace.stack.command;

import dev.millrace.stack.home.AtomicFile;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Ports;
import dev.millrace.stack.home.Reason;
import dev.millrace.stack.home.RunTraces;
import dev.millrace.stack.home.StackException;
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
    description = "Starts everything, trains, serves; again with the same home, goes on.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:the run is complete (--exit-after-training)",
      "1:something keeps the stack from starting or going on; the last line says what",
      "2:an option is unknown or has no value of its type",
      "78:a service refused a setting, the dataset or damaged data; the last line says which",
      "130, 143:stopped by Ctrl-C or SIGTERM",
      "other:that of a process that ended three times in a row in the same way"
    })
public final class UpCommand implements Callable<Integer> {
  @Mixin private HomeOption home;

  @Mixin private RunOptions options;

  @Option(
      names = "--port-offset",
      paramLabel = "N",
      defaultValue = "0",
      description = "shifts all ports")
  private int portOffset;

  @Option(names = "--exit-after-training", description = "stops all at the run's end and reports")
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
        throw new StackException(
            "a stack is running in --home %s; see millrace status".formatted(home.root()));
      }
      Supervisor.stopOrphans(home);
      ports.requireFree();
      if (replacesFallBack(home, settings)) {
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
      throw new StackException(
          "cannot lock %s (%s); remove it".formatted(home.run("lock"), Reason.of(e)));
    }
  }

  private static void write(Path file, long number) {
    AtomicFile.write(file, (number + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * Returns whether the home has a stream of the synthetic dataset that another dataset replaces.
   */
  private static boolean replacesFallBack(Home home, StackSettings settings) {
    return StackSettings.stored(home)
        .filter(stored -> stored.wanted() != null && settings.wanted() == null)
        .isPresent();
  }

  private void supervise(Home home, Ports ports, StackSettings settings, ShellEnvironment shell)
      throws IOException {
    Console console = new Console(System.out, System.console() != null);
    console.say("run %s in %s; logs in %s".formatted(settings.run(), home.root(), home.logs()));
    try {
      runStack(home, ports, settings, shell, console);
    } catch (ProcessFailedException e) {
      if (!e.is("ingest", StackException.UNAVAILABLE)) {
        throw e;
      }
      console.say("");
      console.say("*** " + e.getMessage());
      console.say("*** going on with the SYNTHETIC dataset instead");
      console.say("");
      StackSettings synthetic = settings.fallenBack();
      synthetic.store(home);
      runStack(home, ports, synthetic, shell, console);
    }
  }

  private void runStack(
      Home home, Ports ports, StackSettings settings, ShellEnvironment shell, Console console)
      throws IOException {
    Path project = Path.of(System.getProperty("millrace.project", "."));
    Processes processes = new Processes(home, ports, settings, project, shell);
    boolean orderly = false;
    try (Supervisor supervisor = new Supervisor(home, processes, console)) {
      supervisor.start();
      console.say("Kafka, S3 and the services are starting");
      try (ProgressReader progress = new ProgressReader(ports.kafka(), settings.run(), console)) {
        new RunWatch(home, ports, settings, supervisor, progress, console).await(exitAfterTraining);
      }
      orderly = true;
    } catch (InterruptedException e) {
      console.say("stopping");
    }
    if (orderly) {
      System.out.println(Files.readString(home.report(settings.run()).resolve("report.md")));
    }
  }
}
