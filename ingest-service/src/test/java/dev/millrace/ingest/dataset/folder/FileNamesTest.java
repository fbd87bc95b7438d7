package dev.millrace.ingest.dataset.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names are decoded as UTF-8 in every locale that the tests may run in. */
class FileNamesTest {
  private static final String CAFE = "caf\\303\\251";
  private static final String CAT = "\\347\\214\\253";
  private static final String NOT_UTF8 = "caf\\351\\377";

  @TempDir Path folder;

  /** Creates a file with this name in a new folder. */
  private Path named(String name) throws Exception {
    Path parent = Files.createTempDirectory(folder, "named");
    OddNames.rename(Files.createFile(parent.resolve("x")), name);
    try (Stream<Path> files = Files.list(parent)) {
      return files.findFirst().orElseThrow();
    }
  }

  @Test
  void namesAreUtf8InAnyLocale() throws Exception {
    assertThat(FileNames.text(named(CAFE))).contains("café");
    assertThat(FileNames.text(named(CAT))).contains("猫");
    assertThat(FileNames.text(named("100%% & ?"))).contains("100% & ?");
    assertThat(FileNames.readable(named(CAT))).endsWith("/猫");
  }

  @Test
  void showsNamesThatAreNotText() throws Exception {
    Path file = named(NOT_UTF8);
    assertThat(FileNames.readable(file)).endsWith("/caf\ufffd\ufffd");
    assertThat(FileNames.readable(named("a\\nb\\033"))).endsWith("/a\\u000ab\\u001b");
    assertThat(FileNames.bytes(file.getFileName()))
        .containsExactly('c', 'a', 'f', (byte) 0xe9, (byte) 0xff);
  }

  @Test
  void readsClassesAndPicturesOfAnyName() throws Exception {
    PictureFolder pictures = new PictureFolder(folder);
    pictures.images("b", 7, 10);
    pictures.images("c", 7, 20);
    OddNames.rename(pictures.root().resolve("b"), CAFE);
    OddNames.rename(pictures.root().resolve("c/03.png"), "zz\\377.png");
    OddNames.rename(pictures.root().resolve("c"), CAT);
    Dataset dataset = pictures.read();
    assertThat(dataset.description().classes()).containsExactly("café", "猫");
    assertThat(PictureFolder.blues(dataset.train()))
        .containsExactly(10, 12, 13, 14, 15, 16, 20, 22, 24, 25, 26, 23);
    pictures.text("c/00.png");
    OddNames.rename(pictures.root().resolve("c/00.png"), "\\377.png");
    OddNames.rename(pictures.root().resolve("c"), "new");
    assertThatThrownBy(pictures::read).hasMessageContaining("new");
  }

  @Test
  void refusesAClassNameThatIsNotText() throws Exception {
    PictureFolder pictures = new PictureFolder(folder);
    pictures.images("b", 2, 10);
    pictures.images("c", 2, 20);
    OddNames.rename(pictures.root().resolve("c"), "\\377");
    assertThatThrownBy(pictures::read)
        .isInstanceOf(UnusableDatasetException.class)
        .hasMessageContainingAll("class folder", "/birds/\ufffd", "is not UTF-8", "LC_ALL");
  }

  @Test
  void listsABrokenPictureOfAnyName() throws IOException, InterruptedException {
    PictureFolder pictures = new PictureFolder(folder);
    pictures.images("b", 2, 10);
    pictures.images("c", 2, 20);
    pictures.text("c/x.png");
    OddNames.rename(pictures.root().resolve("c/x.png"), "\\351.png");
    assertThatThrownBy(pictures::read)
        .hasMessageContaining("1 of 5 pictures")
        .hasMessageContaining("c/\ufffd.png (");
  }
}
