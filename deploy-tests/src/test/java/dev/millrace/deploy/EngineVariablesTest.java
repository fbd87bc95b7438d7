package dev.millrace.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds those who cannot read {@code engine.properties} to its values. */
class EngineVariablesTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern IN_AN_IMAGE = Pattern.compile("((?:MALLOC|OMP)_[A-Z_]+)=(\\S+)");
  private static final Pattern IN_A_POM = Pattern.compile("<((?:MALLOC|OMP)_[A-Z_]+)>([^<]+)<");
  private static final Pattern IN_THE_DOCUMENT =
      Pattern.compile("\\| `((?:MALLOC|OMP)_[A-Z_]+)` \\| `?(\\w+)`? \\|");

  @ParameterizedTest
  @CsvSource({"trainer, 1", "trainer-cuda, 1", "inference, 2"})
  void imagesSetTheVariables(String image, String arenas) throws IOException {
    Map<String, String> expected = variables();
    expected.put("MALLOC_ARENA_MAX", arenas);
    assertThat(found(IN_AN_IMAGE, "deploy/docker/" + image + ".Dockerfile")).isEqualTo(expected);
  }

  @Test
  void testsOfTheTrainerSetTheVariables() throws IOException {
    assertThat(found(IN_A_POM, "trainer-service/pom.xml")).isEqualTo(variables());
  }

  @Test
  void documentListsTheVariables() throws IOException {
    assertThat(found(IN_THE_DOCUMENT, "docs/operations.md")).isEqualTo(variables());
  }

  private static Map<String, String> variables() throws IOException {
    Properties properties = new Properties();
    Path file = ROOT.resolve("model/src/main/resources/dev/millrace/model/engine.properties");
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    Map<String, String> variables = new TreeMap<>();
    properties
        .stringPropertyNames()
        .forEach(name -> variables.put(name, properties.getProperty(name)));
    assertThat(variables).hasSize(5);
    return variables;
  }

  private static Map<String, String> found(Pattern pattern, String file) throws IOException {
    Map<String, String> found = new TreeMap<>();
    pattern
        .matcher(Files.readString(ROOT.resolve(file)))
        .results()
        .forEach(match -> found.put(match.group(1), match.group(2)));
    return found;
  }
}
