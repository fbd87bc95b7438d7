package dev.millrace.stack;

import dev.millrace.stack.command.CheckpointsCommand;
import dev.millrace.stack.command.ReportCommand;
import dev.millrace.stack.command.StatusCommand;
import dev.millrace.stack.command.StopCommand;
import dev.millrace.stack.command.UpCommand;
import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line of the launcher. */
@Command(
    name = "millrace",
    mixinStandardHelpOptions = true,
    versionProvider = Millrace.Version.class,
    description = "Trains an image classifier from a Kafka stream and serves it, on this machine.",
    subcommands = {
      UpCommand.class,
      StatusCommand.class,
      StopCommand.class,
      ReportCommand.class,
      CheckpointsCommand.class
    })
public final class Millrace implements Runnable {
  public static void main(String[] arguments) {
    // The format of numbers and the content of files do not depend on the user's locale.
    Locale.setDefault(Locale.ROOT);
    System.exit(commandLine().execute(arguments));
  }

  public static CommandLine commandLine() {
    // A path may begin with an at sign.
    CommandLine line = new CommandLine(new Millrace()).setExpandAtFiles(false);
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          if (failure instanceof CommandFailedException e) {
            command.getErr().println("millrace: " + e.getMessage());
            return e.exitCode();
          }
          if (failure instanceof IOException || failure instanceof UncheckedIOException) {
            command
                .getErr()
                .println("millrace: cannot read or write a file: " + Reason.withFile(failure));
          } else {
            failure.printStackTrace(command.getErr());
          }
          return 1;
        });
    return line;
  }

  @Override
  public void run() {
    CommandLine.usage(this, System.out);
  }

  /** Reads the version of the build from the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Millrace.class.getPackage().getImplementationVersion();
      return new String[] {"millrace " + (version == null ? "(not packaged)" : version)};
    }
  }
}
