package dev.millrace.stack.command;

import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Paths;
import picocli.CommandLine.Option;

/** The option {@code --home}, which all commands share. */
final class HomeOption {
  @Option(
      names = "--home",
      paramLabel = "DIR",
      description = "folder of the stack's data, settings and logs (default: ${DEFAULT-VALUE})")
  private String home = ".millrace";

  Home home() {
    return new Home(Paths.of("--home", home));
  }

  /**
   * Returns the home of a command that needs an existing one.
   *
   * @throws CommandFailedException if the home does not exist
   */
  Home existing() {
    Home existing = home();
    existing.requireExists();
    return existing;
  }
}
