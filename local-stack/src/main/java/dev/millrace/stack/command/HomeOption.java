package dev.millrace.stack.command;

import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Paths;
import dev.millrace.stack.home.StackException;
import picocli.CommandLine.Option;

/** The option {@code --home}, which all commands share. */
final class HomeOption {
  @Option(
      names = "--home",
      paramLabel = "DIR",
      description = "Kafka log, S3 folder, run state, logs (default: ${DEFAULT-VALUE})")
  private String home = ".millrace";

  Home home() {
    return new Home(Paths.of("--home", home));
  }

  /**
   * Returns the home of a command that needs an existing one.
   *
   * @throws StackException if the home does not exist
   */
  Home existing() {
    Home existing = home();
    existing.requireThere();
    return existing;
  }
}
