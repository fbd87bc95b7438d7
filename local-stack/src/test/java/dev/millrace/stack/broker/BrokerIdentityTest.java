package dev.millrace.stack.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.stack.home.CommandFailedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BrokerIdentityTest {
  private static final String WHOLE =
      "node.id=1\ndirectory.id=g7OO489e7HzxBCYONnMPxQ\nversion=1\ncluster.id=i0PrYzeTROSei_6tXbbDhw\n";

  @TempDir private Path log;
  @TempDir private Path run;
  private Path file;
  private BrokerIdentity identity;

  @BeforeEach
  void format() throws Exception {
    file = log.resolve("meta.properties");
    identity = new BrokerIdentity(log, run);
    Files.writeString(file, WHOLE);
    Files.createDirectories(log.resolve("__cluster_metadata-0"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "node.id=1\n",
        "node.id=1\ndirectory.id=g7OO489e7HzxBCYONnMPxQ\nversion=1\ncluster.id=i0PrYz",
        "\\u00",
        "garbage"
      })
  void aDamagedFileIsRepairedFromTheCopy(String damaged) throws Exception {
    identity.updateCopy();
    Files.writeString(file, damaged);
    assertThat(identity.exists()).isTrue();
    assertThat(file).hasContent(WHOLE);
    Files.delete(file);
    assertThat(identity.exists()).isTrue();
    assertThat(file).hasContent(WHOLE);
  }

  @Test
  void namesTheDamagedFileIfThereIsNoCopy() throws Exception {
    Files.writeString(file, "node.id=1");
    assertThatThrownBy(identity::exists)
        .isInstanceOfSatisfying(
            CommandFailedException.class,
            failure -> assertThat(failure.exitCode()).isEqualTo(CommandFailedException.EX_CONFIG))
        .hasMessageContainingAll(file.toString(), "is damaged", "another --home");
  }

  @Test
  void emptyFolderIsFormatted() throws Exception {
    identity.updateCopy();
    Files.delete(log.resolve("__cluster_metadata-0"));
    Files.writeString(file, "");
    assertThat(identity.exists()).isFalse();
    assertThat(file).doesNotExist();
    Files.writeString(file, WHOLE.replace("node.id=1", "node.id=2"));
    identity.updateCopy();
    assertThat(run.resolve("kafka-meta.properties")).content().contains("node.id=2");
  }
}
