package dev.millrace.stack.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrivateFilesTest {
  @TempDir private Path folder;
  private Home home;
  private PrivateFiles files;

  @BeforeEach
  void createHome() {
    home = new Home(folder.resolve("home"));
    home.create();
    files = new PrivateFiles(home);
  }

  @Test
  void secretsStayTheSame() {
    assertThat(files.adminToken()).hasSize(64).isEqualTo(files.adminToken());
    assertThat(files.s3Keys()).hasSize(2).isEqualTo(new PrivateFiles(home).s3Keys());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "accessKey=abc", "accessKey=\\u00", "\u0000\u0001", "nonsense"})
  void regeneratesDamagedSecrets(String content) throws Exception {
    files.s3Keys();
    files.adminToken();
    Files.writeString(home.run("s3-keys.properties"), content);
    Files.writeString(home.adminToken(), content);
    assertThat(files.s3Keys().getProperty("secretKey")).matches("[0-9a-f]{40}");
    assertThat(files.adminToken()).matches("[0-9a-f]{64}");
    assertThat(files.adminToken()).isEqualTo(files.adminToken());
  }

  @Test
  void keepsATokenOfTheUser() throws Exception {
    Files.writeString(home.adminToken(), "my-own-long-secret-token\n");
    assertThat(files.adminToken()).isEqualTo("my-own-long-secret-token");
  }

  @Test
  void namesAFolderInPlaceOfASecret() throws Exception {
    Files.createDirectories(home.adminToken().resolve("inside"));
    assertThatThrownBy(files::adminToken)
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContainingAll("cannot read " + home.adminToken(), "remove it");
  }

  @Test
  void propertiesAreReadableInEveryCharset() throws Exception {
    String odd = "/jo sé,x\\y;#%+='\"$q 猫:*!\tz ";
    Properties written = new Properties();
    written.put("basedir", odd);
    Path file = files.write("s3.properties", written);
    Properties read = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      read.load(in); // in ISO-8859-1
    }
    assertThat(read.getProperty("basedir")).isEqualTo(odd);
    Properties asText = new Properties();
    try (var in = Files.newBufferedReader(file)) {
      asText.load(in); // in UTF-8
    }
    assertThat(asText.getProperty("basedir")).isEqualTo(odd);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void namesAFolderInPlaceOfAFile() throws Exception {
    Files.createDirectories(home.settings().resolve("inside"));
    assertThatThrownBy(() -> AtomicFile.write(home.settings(), new byte[1]))
        .isInstanceOf(CommandFailedException.class)
        .hasMessageContaining("cannot write " + home.settings());
  }
}
