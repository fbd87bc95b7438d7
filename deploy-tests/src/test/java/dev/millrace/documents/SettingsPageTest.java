package dev.millrace.documents;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Tests that docs/settings.md matches the configuration interfaces. */
class SettingsPageTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @Test
  void pageMatchesTheInterfaces() throws Exception {
    Path file = ROOT.resolve("docs/settings.md");
    String page = new SettingsPage(ROOT).text();
    if (Boolean.getBoolean("millrace.write")) {
      Files.writeString(file, page);
    }
    assertThat(Files.readString(file))
        .as(
            "docs/settings.md is generated; write it with: mvn -pl deploy-tests -am test"
                + " -Dtest=SettingsPageTest -Dsurefire.failIfNoSpecifiedTests=false"
                + " -Dmillrace.write=true")
        .isEqualTo(page);
  }
}
