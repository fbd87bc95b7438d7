package dev.millrace.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace report}: prints the report of a home's run. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description = "Prints the report of a home's run; the stack need not run.")
final class ReportCommand implements Callable<Integer> {
  @Mixin private Millrace.HomeOption home;

  @Override
  public Integer call() throws IOException {
    Home home = this.home.home();
    StackSettings settings =
        StackSettings.stored(home)
            .orElseThrow(() -> new StackException("there is no run in --home " + home.root()));
    Path report = home.report(settings.run()).resolve("report.md");
    if (!Files.exists(report)) {
      throw new StackException(
          "run %s has no report yet; it is written at the run's end".formatted(settings.run()));
    }
    System.out.println(Files.readString(report));
    return 0;
  }
}
