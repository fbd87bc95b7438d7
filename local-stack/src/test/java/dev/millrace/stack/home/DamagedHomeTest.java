package dev.millrace.stack.home;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.stack.Millrace;
import dev.millrace.stack.command.UpOptions;
import dev.millrace.stack.process.Supervisor;
import dev.millrace.stack.settings.ShellEnvironment;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Tests a home whose files were truncated, emptied, overwritten or replaced by folders. */
class DamagedHomeTest {
  private static final String RUN = "synthetic-quick";

  @TempDir private Path folder;
  private Home home;

  private record Result(int exitCode, String errors) {}

  @BeforeEach
  void createHome() throws Exception {
    home = new Home(folder.resolve("home"));
    home.create();
    UpOptions options = new UpOptions();
    new CommandLine(options).parseArgs("--dataset", "synthetic");
    options.settings(home, new ShellEnvironment(Map.of("HOME", "/"))).store(home);
    Files.createDirectories(home.report(RUN));
    Files.writeString(home.report(RUN).resolve("report.json"), "{}");
    Files.writeString(home.report(RUN).resolve("report.md"), "# Report");
    Files.writeString(home.best(RUN), "{}");
  }

  private Result run(String command) {
    CommandLine line = Millrace.commandLine();
    StringWriter errors = new StringWriter();
    line.setErr(new PrintWriter(errors, true));
    int exitCode = line.execute(command, "--home", home.root().toString());
    return new Result(exitCode, errors.toString());
  }

  private static void damage(Path file, String how) throws Exception {
    Files.createDirectories(file.getParent());
    switch (how) {
      case "cut" -> {
        byte[] whole =
            Files.exists(file)
                ? Files.readAllBytes(file)
                : "{\"a\":1}".getBytes(StandardCharsets.UTF_8);
        Files.write(file, Arrays.copyOf(whole, Math.max(1, whole.length / 2)));
      }
      case "empty" -> Files.write(file, new byte[0]);
      case "garbage" -> Files.write(file, new byte[] {(byte) 0xff, 0, (byte) 0xfe, '\n', '7'});
      case "null" -> Files.writeString(file, "null");
      case "array" -> Files.writeString(file, "[]");
      case "members" -> Files.writeString(file, "{\"dataset\":null}");
      case "folder" -> {
        Files.deleteIfExists(file);
        Files.createDirectories(file.resolve("inside"));
      }
      default -> throw new IllegalArgumentException(how);
    }
  }

  private static void assertNamed(Result result, Path file) {
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.errors().lines()).as(result.errors()).hasSize(1);
    assertThat(result.errors()).startsWith("millrace: ").contains(file.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"cut", "empty", "garbage", "null", "array", "members", "folder"})
  void everyCommandNamesDamagedSettings(String how) throws Exception {
    damage(home.settings(), how);
    for (String command : new String[] {"up", "status", "report", "checkpoints"}) {
      Result result = run(command);
      assertNamed(result, home.settings());
      assertThat(result.errors()).contains("remove it, and give millrace up the options again");
    }
    assertThat(run("stop")).isEqualTo(new Result(0, ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cut", "empty", "garbage", "folder"})
  void ignoresDamagedPidFiles(String how) throws Exception {
    for (String process : Supervisor.PROCESSES) {
      damage(home.pid(process), how);
    }
    damage(home.pid("millrace"), "garbage");
    assertThat(run("status")).isEqualTo(new Result(3, ""));
    assertThat(run("stop")).isEqualTo(new Result(0, ""));
  }

  @Test
  void findsAProcessWhosePidFileIsDamaged() throws Exception {
    Process ours =
        new ProcessBuilder("sh", "-c", "sleep 60 & wait", home.marker(), Home.marker("kafka"), "x")
            .start();
    try {
      damage(home.pid("kafka"), "garbage");
      assertThat(home.processes().running("kafka").map(ProcessHandle::pid)).contains(ours.pid());
      assertThat(home.processes().running("s3")).isEmpty();
      Supervisor.stopOrphans(home);
      assertThat(ours.isAlive()).isFalse();
    } finally {
      ours.destroyForcibly();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "report, report/report.json, 'remove it, and millrace up writes'",
    "report, report/report.md, other files are beside it",
    "checkpoints, best.json, run millrace up",
    "checkpoints, checkpoints/epoch-0000000001-step-0000000001/manifest.json, remove its folder"
  })
  void namesDamagedFilesOfTheRun(String command, String file, String remedy) throws Exception {
    Path path = home.runs().resolve(RUN).resolve(file);
    for (String how : new String[] {"cut", "empty", "garbage", "null", "array", "folder"}) {
      if (file.endsWith(".md") && !how.equals("folder")) {
        continue; // every content of a text file is valid
      }
      damage(path, how);
      Result result = run(command);
      assertNamed(result, path);
      assertThat(result.errors()).contains(remedy);
      if (how.equals("folder")) {
        Files.delete(path.resolve("inside"));
        Files.delete(path);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"empty", "garbage", "folder"})
  void namesADamagedPortOffset(String how) throws Exception {
    damage(home.portOffset(), how);
    Process ours =
        new ProcessBuilder("sh", "-c", "sleep 60 & wait", home.marker(), Home.marker("kafka"), "x")
            .start();
    try {
      Files.writeString(home.pid("kafka"), ours.pid() + "\n");
      assertNamed(run("status"), home.portOffset());
    } finally {
      ours.descendants().forEach(ProcessHandle::destroyForcibly);
      ours.destroyForcibly();
    }
  }

  @Test
  void namesALockThatIsAFolder() throws Exception {
    damage(home.run("lock"), "folder");
    assertNamed(run("up"), home.run("lock"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"stop", "status", "report", "checkpoints"})
  void missingHomeIsNotCreated(String command) {
    home = new Home(folder.resolve("nowhere"));
    Result result = run(command);
    assertNamed(result, home.root());
    assertThat(result.errors()).contains("there is no --home");
    assertThat(home.root()).doesNotExist();
  }

  @Test
  void namesAFileInPlaceOfTheHome() throws Exception {
    home = new Home(Files.createFile(folder.resolve("file")));
    for (String command : new String[] {"up", "stop", "status"}) {
      assertNamed(run(command), home.root());
    }
  }

  @Test
  void unreadableHomeNameIsOneLine() {
    CommandLine line = Millrace.commandLine();
    StringWriter errors = new StringWriter();
    line.setErr(new PrintWriter(errors, true));
    assertThat(line.execute("status", "--home", "caf\uFFFD")).isEqualTo(1);
    assertThat(errors.toString()).startsWith("millrace: --home caf\uFFFD").hasLineCount(1);
  }
}
