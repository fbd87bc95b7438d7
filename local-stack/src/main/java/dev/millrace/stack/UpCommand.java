package dev.millrace.stack;

import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace up}: streams, trains, serves, until Ctrl-C or the run's end. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description = "Starts everything, trains, serves; again with the same home, goes on.")
final class UpCommand implements Callable<Integer> {
  private static final String UNAVAILABLE = "dataset %s not available";

  @Mixin private Millrace.HomeOption home;

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
    StackSettings settings = options.settings(home);
    Ports ports = new Ports(portOffset);
    home.create();
    try (FileChannel channel =
            FileChannel.open(
                home.run("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock();
        StopSignal signal = new StopSignal()) {
      if (lock == null) {
        throw new StackException(
            "a stack is running in --home %s; see millrace status".formatted(home.root()));
      }
      Supervisor.stopOrphans(home);
      ports.requireFree();
      settings.store(home);
      Files.writeString(home.pid("millrace"), ProcessHandle.current().pid() + "\n");
      Files.writeString(home.portOffset(), portOffset + "\n");
      try {
        return supervise(home, ports, settings);
      } finally {
        Files.deleteIfExists(home.pid("millrace"));
      }
    }
  }

  private int supervise(Home home, Ports ports, StackSettings settings) throws Exception {
    Console console = new Console(System.out, System.console() != null);
    console.say(
        "run %s in %s; logs in %s"
            .formatted(settings.run(), home.root(), home.root().resolve("logs")));
    try {
      return runStack(home, ports, settings, console);
    } catch (StackException e) {
      if (!e.getMessage().startsWith(UNAVAILABLE.formatted(settings.dataset()))) {
        throw e;
      }
      console.say("");
      console.say("*** " + e.getMessage());
      console.say("*** going on with the SYNTHETIC dataset instead");
      console.say("");
      StackSettings synthetic = settings.withDataset("synthetic");
      synthetic.store(home);
      return runStack(home, ports, synthetic, console);
    }
  }

  private int runStack(Home home, Ports ports, StackSettings settings, Console console)
      throws Exception {
    Path project = Path.of(System.getProperty("millrace.project", "."));
    boolean orderly = false;
    try (Supervisor supervisor = new Supervisor(home, ports, settings, project, console)) {
      supervisor.start();
      console.say("Kafka, S3 and the services are starting");
      try (ProgressReader progress = new ProgressReader(ports.kafka(), console)) {
        new RunWatch(home, ports, settings, supervisor, progress, console).await(exitAfterTraining);
      }
      orderly = true;
    } catch (InterruptedException e) {
      console.say("stopping");
    }
    if (orderly) {
      System.out.println(Files.readString(home.report(settings.run()).resolve("report.md")));
    }
    return 0;
  }
}
