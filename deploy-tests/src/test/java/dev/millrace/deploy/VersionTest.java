package dev.millrace.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that the image tags match the version in the parent POM. */
class VersionTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern POM =
      Pattern.compile(
          "<artifactId>millrace</artifactId>\\s*<version>([0-9.]+)(-SNAPSHOT)?</version>");
  private static final Pattern TAG =
      Pattern.compile(
          "millrace/(?:ingest|trainer|inference)(?::|, newTag: )([0-9][A-Za-z0-9.]*)(-cuda)?");

  @Test
  void everyImageHasTheVersionOfTheBuild() throws IOException {
    Matcher pom = POM.matcher(Files.readString(ROOT.resolve("pom.xml")));
    assertThat(pom.find()).isTrue();
    List<String> tags = new ArrayList<>();
    try (Stream<Path> files = Files.walk(ROOT.resolve("deploy"))) {
      Stream.concat(
              files.filter(Files::isRegularFile), Stream.of(ROOT.resolve("docker-compose.yml")))
          .forEach(file -> tags(file, tags));
    }
    assertThat(tags).hasSizeGreaterThan(8).containsOnly(pom.group(1));
  }

  private static void tags(Path file, List<String> tags) {
    try {
      TAG.matcher(Files.readString(file)).results().map(tag -> tag.group(1)).forEach(tags::add);
    } catch (IOException e) {
      throw new UncheckedIOException(file.toString(), e);
    }
  }
}
