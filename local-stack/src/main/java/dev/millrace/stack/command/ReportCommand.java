package dev.millrace.stack.command;

import dev.millrace.protocol.run.RunReport;
import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Paths;
import dev.millrace.stack.home.Ports;
import dev.millrace.stack.home.Reason;
import dev.millrace.stack.home.StoredJson;
import dev.millrace.stack.process.ProcessLog;
import dev.millrace.stack.process.Processes;
import dev.millrace.stack.settings.ShellEnvironment;
import dev.millrace.stack.settings.StackSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace report}: prints the report of a home's run and the paths of its files. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description = {
      "Prints the report of a home's run and the paths of its files.",
      "Before the end of the run, this is an interim report of the best checkpoint so far, for which"
          + " the stack must be running."
    })
public final class ReportCommand implements Callable<Integer> {
  private static final long PATIENCE_MINUTES = 5;

  @Mixin private HomeOption home;

  @Option(names = "--to", paramLabel = "DIR", description = "folder to copy the report's files to")
  private String target;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Home home = this.home.existing();
    Path folder = target == null ? null : Paths.of("--to", target);
    StackSettings settings = StackSettings.required(home);
    Path report = home.report(settings.run());
    if (!Files.exists(report.resolve("report.json"))) {
      report = interimReport(home, settings);
    }
    StoredJson.read(
        report.resolve("report.json"),
        RunReport.class,
        "remove it, and millrace up writes the report again");
    System.out.println(text(report.resolve("report.md")));
    for (Path file : copied(report, folder)) {
      System.out.println(file);
    }
    return 0;
  }

  private static Path interimReport(Home home, StackSettings settings)
      throws IOException, InterruptedException {
    if (home.processes().running("kafka").isEmpty() || home.processes().running("s3").isEmpty()) {
      throw new CommandFailedException(
          "run %s has no report yet; it is written at the end of the run, or by this command while millrace up is running"
              .formatted(settings.run()));
    }
    Path project = Path.of(System.getProperty("millrace.project", "."));
    ShellEnvironment shell = new ShellEnvironment(System.getenv());
    Process maker =
        new Processes(home, Ports.of(home), settings, project, shell)
            .interimReport()
            .redirectErrorStream(true)
            .redirectOutput(home.log("report").toFile())
            .start();
    boolean ended = maker.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES);
    if (!ended) {
      maker.destroyForcibly();
    }
    if (!ended || maker.exitValue() != 0) {
      throw new CommandFailedException(
          "the interim report failed: %s"
              .formatted(
                  ended
                      ? new ProcessLog(home.log("report")).lastMessage()
                      : "it took more than %d minutes; see %s"
                          .formatted(PATIENCE_MINUTES, home.log("report"))));
    }
    return home.interimReport(settings.run());
  }

  private static String text(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot read %s (%s); the report's other files are beside it"
              .formatted(file, Reason.of(e)));
    }
  }

  /**
   * Returns the paths of the report's files. Copies the files first if there is a target folder.
   */
  private static List<Path> copied(Path report, Path target) throws IOException {
    try (Stream<Path> files = Files.list(report)) {
      List<Path> all = files.filter(Files::isRegularFile).sorted().toList();
      if (target == null) {
        return all;
      }
      Files.createDirectories(target);
      for (Path file : all) {
        Path copy = target.resolve(file.getFileName());
        Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
      }
      return all.stream()
          .map(file -> target.resolve(file.getFileName()).toAbsolutePath().normalize())
          .toList();
    }
  }
}
