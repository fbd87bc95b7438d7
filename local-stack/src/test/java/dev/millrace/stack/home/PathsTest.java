package dev.millrace.stack.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathsTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "real",
    "real/",
    "./real",
    "link",
    "link/",
    "real/../real/.",
    "link/../real",
    "link/."
  })
  void oneFolderHasOneName(String spelling) throws Exception {
    Path real = Files.createDirectories(folder.resolve("real"));
    Files.createSymbolicLink(folder.resolve("link"), real);
    assertThat(Paths.real(Paths.of("--home", folder + "/" + spelling)))
        .isEqualTo(real.toRealPath());
  }

  @Test
  void missingFolderHasItsLaterName() throws Exception {
    Path real = Files.createDirectories(folder.resolve("real")).toRealPath();
    Files.createSymbolicLink(folder.resolve("link"), real);
    assertThat(Paths.real(folder.resolve("link/new/home"))).isEqualTo(real.resolve("new/home"));
    assertThat(Paths.real(folder.resolve("link/none/../home"))).isEqualTo(real.resolve("home"));
    assertThat(Paths.real(Path.of("relative")))
        .isEqualTo(Path.of("").toRealPath().resolve("relative"));
    assertThat(Paths.real(Path.of("/"))).isEqualTo(Path.of("/"));
  }

  @Test
  void refusesInvalidCharacters() {
    assertThatThrownBy(() -> Paths.of("--home", "caf\uFFFD"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContainingAll("--home caf\uFFFD", "not valid UTF-8", "rename", "LC_ALL=C.UTF-8");
    assertThatThrownBy(() -> Paths.of("--data-dir", "a\nb"))
        .isInstanceOf(CommandFailedException.class)
        .hasMessage(
            "--data-dir a?b has a control character (code 10) in its name; rename the folder");
    assertThatThrownBy(() -> Paths.of("--home", ""))
        .isInstanceOf(CommandFailedException.class)
        .hasMessage("--home is empty; give a folder");
  }

  @Test
  void acceptsOtherCharacters() {
    String odd = "jo sé,x\\y;#%+='\"$q 猫:*";
    assertThat(Paths.of("--home", odd).toString()).isEqualTo(odd);
  }
}
