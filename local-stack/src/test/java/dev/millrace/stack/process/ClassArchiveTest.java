package dev.millrace.stack.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassArchiveTest {
  private static final String WRITE = "-XX:ArchiveClassesAtExit=";

  @TempDir private Path folder;
  @TempDir private Path classes;
  private Path jar;

  @BeforeEach
  void makeJar() throws IOException {
    jar = Files.writeString(folder.resolve("a.jar"), "a");
  }

  private ClassArchive archive(String home) {
    return new ClassArchive(folder, "kafka", jar.toString(), Path.of(home));
  }

  /** As a JVM does at its end. */
  private static void write(ClassArchive archive) throws IOException {
    String option = archive.options().get(0);
    assertThat(option).startsWith(WRITE);
    Files.writeString(Path.of(option.substring(WRITE.length())), "classes");
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void isUsedOnceItIsKept() throws IOException {
    ClassArchive first = archive("home");
    write(first);
    assertThat(archive("home").options().get(0)).startsWith(WRITE);
    first.keep();
    assertThat(archive("other").options())
        .contains("-XX:SharedArchiveFile=" + folder.resolve(files().get(1)));
  }

  @Test
  void isWrittenAnewForAnotherBuildWhichRemovesTheOldOne() throws IOException {
    ClassArchive old = archive("home");
    write(archive("killed"));
    write(old);
    old.keep();
    Files.writeString(jar, "changed");
    ClassArchive changed = archive("home");
    write(changed);
    changed.keep();
    assertThat(files()).hasSize(2).element(1).asString().startsWith("kafka-").endsWith(".jsa");
  }

  @Test
  void nothingIsKeptOfAProcessThatWroteNothing() throws IOException {
    archive("home").keep();
    assertThat(files()).containsExactly("a.jar");
  }

  @Test
  void noneIsAskedForOfClassesInFolders() {
    String classPath = jar + File.pathSeparator + classes;
    assertThat(new ClassArchive(folder, "kafka", classPath, Path.of("home")).options()).isEmpty();
  }
}
