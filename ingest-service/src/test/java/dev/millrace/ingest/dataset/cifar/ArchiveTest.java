package dev.millrace.ingest.dataset.cifar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveTest {
  private static final byte[] CONTENT = "water".getBytes();

  @TempDir Path folder;

  private Path target() throws IOException {
    return Files.createDirectories(folder.resolve("data"));
  }

  private void unpack(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("mill.tar.gz"), bytes);
    Archives.describe(bytes).unpack(file, target());
  }

  private List<String> entries(Path root) throws IOException {
    try (Stream<Path> entries = Files.list(root)) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void unpacksTheFolder() throws IOException {
    unpack(new Archives().file("mill/a.bin", CONTENT).file("mill/deep/b.bin", CONTENT).bytes());
    assertThat(target().resolve("mill/a.bin")).hasBinaryContent(CONTENT);
    assertThat(target().resolve("mill/deep/b.bin")).hasBinaryContent(CONTENT);
    assertThat(entries(target())).containsExactly("mill");
  }

  @Test
  void writesNothingOutsideTheFolder() throws IOException {
    String absolute = folder.resolve("absolute.bin").toString();
    unpack(
        new Archives()
            .file("mill/a.bin", CONTENT)
            .file("../up.bin", CONTENT)
            .file("mill/../../../far-up.bin", CONTENT)
            .file(absolute, CONTENT)
            .link("mill/link", "..")
            .file("mill/link/through.bin", CONTENT)
            .file("beside.bin", CONTENT)
            .bytes());
    assertThat(entries(folder)).containsExactly("data", "mill.tar.gz");
    assertThat(entries(target())).containsExactly("mill");
    assertThat(entries(target().resolve("mill"))).containsExactly("a.bin", "link");
    assertThat(target().resolve("mill/link/through.bin")).hasBinaryContent(CONTENT);
    assertThat(target().resolve("mill/link")).isDirectory();
    assertThat(Files.isSymbolicLink(target().resolve("mill/link"))).isFalse();
  }

  @Test
  void truncatedArchiveLeavesNothing() throws IOException {
    byte[] content = new byte[200_000];
    new SplittableRandom(1).nextBytes(content);
    byte[] whole = new Archives().file("mill/a.bin", content).bytes();
    byte[] half = Arrays.copyOf(whole, whole.length / 2);
    assertThatThrownBy(() -> unpack(half)).isInstanceOf(IOException.class);
    assertThat(entries(target())).isEmpty();
  }

  @Test
  void ignoresTheFilesOfAKilledProcess() throws IOException {
    Path left = Files.createDirectories(target().resolve("mill.new/mill"));
    Files.write(left.resolve("half.bin"), CONTENT);
    unpack(new Archives().file("mill/a.bin", CONTENT).bytes());
    assertThat(entries(target())).containsExactly("mill");
    assertThat(entries(target().resolve("mill"))).containsExactly("a.bin");
  }
}
