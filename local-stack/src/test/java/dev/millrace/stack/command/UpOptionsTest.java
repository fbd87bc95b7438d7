package dev.millrace.stack.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.RunTraces;
import dev.millrace.stack.settings.ShellEnvironment;
import dev.millrace.stack.settings.StackSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class UpOptionsTest {
  @TempDir private Path folder;
  private Home home;
  private Path pictures;

  @BeforeEach
  void createHome() throws Exception {
    home = new Home(folder.resolve("home"));
    home.create();
    pictures = Files.createDirectories(folder.resolve("pictures")).toRealPath();
  }

  private StackSettings settings(String... options) {
    UpOptions parsed = new UpOptions();
    new CommandLine(parsed).parseArgs(options);
    return parsed.settings(home, new ShellEnvironment(Map.of("HOME", folder.toString())));
  }

  private void up(String... options) {
    settings(options).store(home);
  }

  private void makeStream() throws Exception {
    Path partition = Files.createDirectories(home.kafka().resolve("millrace.minibatches.train-0"));
    Files.writeString(partition.resolve("00000000000000000000.log"), "records");
  }

  private void makeRun(String file) throws Exception {
    Path path = home.runs().resolve("some-quick").resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, "{}");
  }

  @Test
  void refusesAMissingDataset() {
    assertThatThrownBy(() -> settings("--dataset", "cifar"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContainingAll(
            "--dataset=cifar: allowed: ", "there is no folder", "cifar10, cifar100, synthetic");
    assertThat(StackSettings.stored(home)).isEmpty();
  }

  @Test
  void acceptsOtherOptionsBeforeTheRunBegins() {
    up("--dataset", pictures.toString(), "--recipe", "quick", "--seed", "7");
    StackSettings corrected = settings("--dataset", "synthetic", "--recipe", "reference");
    assertThat(corrected.dataset()).isEqualTo("synthetic");
    assertThat(corrected.epochs()).as("nothing is left of the quick recipe").isEqualTo(200);
    assertThat(corrected.seed()).isZero();
  }

  @Test
  void resumesWithoutOptions() {
    up("--dataset", pictures.toString(), "--seed", "7");
    assertThat(settings().dataset()).isEqualTo(pictures.toString());
    assertThat(settings().seed()).isEqualTo(7);
  }

  @Test
  void emptyTopicsAreNoRun() throws Exception {
    up("--dataset", pictures.toString());
    makeStream();
    Path log =
        home.kafka().resolve("millrace.minibatches.train-0").resolve("00000000000000000000.log");
    Files.write(log, new byte[0]);
    assertThat(settings("--dataset", "synthetic").dataset()).isEqualTo("synthetic");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stream",
        "run.json",
        "checkpoints/epoch-0000000001-step-0000000036/manifest.json"
      })
  void aRunKeepsItsOptions(String trace) throws Exception {
    up("--dataset", "synthetic");
    if (trace.equals("stream")) {
      makeStream();
    } else {
      makeRun(trace);
    }
    assertThatThrownBy(() -> settings("--dataset", "cifar10"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("--dataset cifar10 contradicts this home's run")
        .hasMessageContaining("started with synthetic");
    assertThat(settings("--dataset", "synthetic", "--seed", "0").epochs()).isEqualTo(12);
  }

  @Test
  void acceptsTheDatasetAfterAFallBack() throws Exception {
    settings("--dataset", "cifar10").withSyntheticDataset().store(home);
    makeStream();
    makeRun("run.json");
    assertThat(settings().dataset()).as("no option").isEqualTo("synthetic");
    StackSettings taken = settings("--dataset", "cifar10", "--epochs", "3");
    assertThat(taken.dataset()).isEqualTo("cifar10");
    assertThat(taken.epochs()).isEqualTo(3);
    assertThat(taken.wanted()).isNull();
    new RunTraces(home).clear();
    assertThat(new RunTraces(home).exist()).isFalse();

    makeRun("checkpoints/epoch-0000000001-step-0000000036/manifest.json");
    assertThatThrownBy(() -> settings("--dataset", "cifar10"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("contradicts");
    assertThatThrownBy(() -> new RunTraces(home).clear())
        .isInstanceOf(CommandFailedException.class);
  }

  @Test
  void acceptsOtherSpellingsOfTheFolder() throws Exception {
    up("--dataset", pictures.toString(), "--data-dir", folder + "/data");
    makeStream();
    Files.createSymbolicLink(folder.resolve("link"), pictures);
    String relative = Path.of("").toRealPath().relativize(pictures).toString();
    for (String spelling :
        new String[] {
          pictures + "/", relative, folder + "/link", folder + "/link/", pictures + "/../pictures"
        }) {
      assertThat(settings("--dataset", spelling, "--data-dir", folder + "/./data/").dataset())
          .as(spelling)
          .isEqualTo(pictures.toString());
    }
    Files.delete(pictures);
    assertThat(settings("--dataset", pictures.toString()).dataset())
        .as("a finished run is served without its pictures")
        .isEqualTo(pictures.toString());
  }

  @Test
  void runHasANameForAnyFolder() throws Exception {
    up("--dataset", Files.createDirectories(folder.resolve("猫 & café")).toString());
    assertThat(settings().run()).isEqualTo("____caf_-quick");
    up("--dataset", "/");
    assertThat(settings().run()).isEqualTo("root-quick");
  }
}
