package dev.millrace.stack;

import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The launcher. */
@Command(
    name = "millrace",
    mixinStandardHelpOptions = true,
    version = "millrace 0.1.0",
    description = "Trains an image classifier from a Kafka stream and serves it, on this machine.",
    subcommands = {
      UpCommand.class,
      StatusCommand.class,
      StopCommand.class,
      ReportCommand.class,
      CheckpointsCommand.class
    })
final class Millrace implements Runnable {
  /** Shared by all commands. */
  static final class HomeOption {
    @Option(
        names = "--home",
        paramLabel = "DIR",
        description = "Kafka log, S3 folder, run state, logs (default: ${DEFAULT-VALUE})")
    private Path home = Path.of(".millrace");

    Home home() {
      return new Home(home);
    }
  }

  public static void main(String[] arguments) {
    CommandLine line = new CommandLine(new Millrace());
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          if (failure instanceof StackException) {
            command.getErr().println("millrace: " + failure.getMessage());
          } else {
            failure.printStackTrace(command.getErr());
          }
          return 1;
        });
    System.exit(line.execute(arguments));
  }

  @Override
  public void run() {
    CommandLine.usage(this, System.out);
  }
}
