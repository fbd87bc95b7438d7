package dev.millrace.ingest.dataset.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.ingest.dataset.folder.ImageFolder.BrokenPictures;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures are decoded once, and again if the folder or the cache may have changed. */
class PictureCacheTest {
  @TempDir Path folder;

  private PictureFolder pictures;
  private Dataset first;

  @BeforeEach
  void begin() throws Exception {
    pictures = new PictureFolder(folder);
    pictures.images("a", 9, 10);
    pictures.images("b", 9, 60);
    first = pictures.read();
    assertThat(decoded()).isTrue();
  }

  private boolean decoded() {
    return pictures.doing.stream().anyMatch(line -> line.endsWith("18 of 18 pictures"));
  }

  private Path cached(String name) throws IOException {
    try (Stream<Path> files = Files.walk(pictures.cache)) {
      return files.filter(file -> file.endsWith(name)).findFirst().orElseThrow();
    }
  }

  private void assertDecodedAgain() throws Exception {
    assertThat(pictures.read().description()).isEqualTo(first.description());
    assertThat(decoded()).isTrue();
    assertThat(pictures.read().description()).isEqualTo(first.description());
    assertThat(decoded()).isFalse();
  }

  @Test
  void secondReadingDecodesNothing() throws Exception {
    for (long memory : new long[] {0, 1 << 20}) {
      pictures.memory = memory;
      assertThat(pictures.read().description()).isEqualTo(first.description());
      assertThat(decoded()).isFalse();
      assertThat(pictures.doing)
          .contains("checking the cached pictures of %s".formatted(pictures.root()));
    }
  }

  @Test
  void rebuildsADamagedCache() throws Exception {
    byte[] pixels = Files.readAllBytes(cached("pixels"));
    pixels[12_345]++;
    Files.write(cached("pixels"), pixels);
    assertDecodedAgain();
    Files.write(cached("pixels"), new byte[100]);
    assertDecodedAgain();
    Files.delete(cached("pixels"));
    assertDecodedAgain();
    for (String index : List.of("", "{", "{}", "null", "{\"fingerprint\":\"x\",\"sha256\":null}")) {
      Files.writeString(cached("index.json"), index);
      assertDecodedAgain();
    }
    Files.delete(cached("index.json"));
    assertDecodedAgain();
  }

  @Test
  void ignoresTheFilesOfAKilledProcess() throws Exception {
    Files.delete(cached("index.json"));
    Files.move(cached("pixels"), cached("lock").resolveSibling("pixels.part"));
    assertDecodedAgain();
  }

  @Test
  void detectsAnyChangeOfAPicture() throws Exception {
    Path file = pictures.root().resolve("a/03.png");
    var time = Files.getLastModifiedTime(file);
    byte[] other = Files.readAllBytes(pictures.root().resolve("b/03.png"));
    assertThat(other).hasSameSizeAs(Files.readAllBytes(file));
    Files.write(file, other);
    Files.setLastModifiedTime(file, time);
    Dataset changed = pictures.read();
    assertThat(decoded()).isTrue();
    assertThat(changed.description()).isNotEqualTo(first.description());
    Files.move(file, pictures.root().resolve("a/99.png"));
    assertThat(pictures.read().description()).isNotEqualTo(changed.description());
    assertThat(decoded()).isTrue();
  }

  @Test
  void remembersBrokenPicturesButNotMissingOnes() throws Exception {
    pictures.policy = BrokenPictures.SKIP;
    pictures.text("a/00.png");
    Dataset skipped = pictures.read();
    assertThat(pictures.read().description()).isEqualTo(skipped.description());
    assertThat(decoded()).isFalse();
    assertThat(pictures.remarks).anyMatch(line -> line.startsWith("broken picture: a/00.png ("));
    Path target = folder.resolve("target.png");
    Path link = pictures.root().resolve("a/01.png");
    Files.move(link, target);
    Files.createSymbolicLink(link, target);
    assertThat(pictures.read().description()).isEqualTo(skipped.description());
    Files.delete(target);
    pictures.read();
    pictures.read();
    assertThat(decoded()).isTrue();
  }

  @Test
  void usesMemoryIfTheFolderIsNotWritable() throws Exception {
    Path file = Files.createFile(folder.resolve("a-file"));
    pictures.cache = file.resolve("cache");
    assertThat(pictures.read().description()).isEqualTo(first.description());
    assertThat(pictures.remarks)
        .anyMatch(line -> line.contains("cannot be written") && line.contains("into memory"));
    pictures.memory = 100;
    assertThatThrownBy(pictures::read)
        .isInstanceOf(UnusableDatasetException.class)
        .hasMessageContainingAll(
            "cannot be written",
            "18 pictures",
            "MILLRACE_INGEST_DATA_DIR",
            "MILLRACE_INGEST_DATASET_MEMORY_MB");
  }

  @Test
  void reportsTheSpaceThatIsNeeded() throws Exception {
    pictures.images("c", 500, 0);
    pictures.room = 1 << 20;
    pictures.memory = 1 << 19;
    assertThatThrownBy(pictures::read)
        .isInstanceOf(UnusableDatasetException.class)
        .hasMessageContainingAll(
            "has 1 MB of free space, but 2 MB are needed",
            "518 pictures",
            "memory may hold 0 MB",
            "MILLRACE_INGEST_DATA_DIR");
    pictures.memory = 2 << 20;
    Dataset inMemory = pictures.read();
    assertThat(inMemory.train().size() + inMemory.test().size()).isEqualTo(518);
    pictures.room = 1 << 30;
    assertThat(pictures.read().description()).isEqualTo(inMemory.description());
  }

  @Test
  void waitsWhileAnotherProcessDecodes() throws Exception {
    Path lock = cached("lock");
    // A lock is a process'; this one holds it until its input ends.
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx32m",
                "-cp",
                System.getProperty("java.class.path"),
                LockHolder.class.getName(),
                lock.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(other.getInputStream().read()).isEqualTo('L');
      CompletableFuture<Dataset> reading =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return pictures.read();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      await()
          .until(
              () ->
                  pictures.doing.stream()
                      .anyMatch(line -> line.startsWith("waiting for another process")));
      assertThat(reading).isNotDone();
      other.getOutputStream().close();
      assertThat(reading.get(30, TimeUnit.SECONDS).description()).isEqualTo(first.description());
      assertThat(decoded()).isFalse();
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  /** Locks a file and prints that it has. */
  public static final class LockHolder {
    private LockHolder() {}

    public static void main(String... arguments) throws IOException {
      try (FileChannel file = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE);
          FileLock lock = file.lock()) {
        System.out.print(lock.isValid() ? 'L' : 'X');
        System.out.flush();
        System.in.transferTo(OutputStream.nullOutputStream());
      }
    }
  }

  @Test
  void eachFolderHasItsOwnCache() throws Exception {
    PictureFolder other = new PictureFolder(folder.resolve("other"));
    other.cache = pictures.cache;
    other.images("a", 2, 0);
    other.images("c", 2, 0);
    other.read();
    assertThat(pictures.read().description()).isEqualTo(first.description());
    assertThat(decoded()).isFalse();
  }
}
