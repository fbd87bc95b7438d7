package dev.millrace.ingest.dataset.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.ImageArrays;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.ingest.dataset.folder.ImageFolder.BrokenPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads folders of pictures into labelled images. */
class ImageFolderTest {
  @TempDir Path folder;

  private PictureFolder pictures;

  @BeforeEach
  void begin() throws IOException {
    pictures = new PictureFolder(folder);
  }

  private void assertRefused(String... says) {
    assertThatThrownBy(pictures::read)
        .isInstanceOf(UnusableDatasetException.class)
        .hasMessageContainingAll(says);
  }

  @Test
  void everySixthImageOfEachClassIsForTesting() throws Exception {
    pictures.images("owl", 8, 0x010100);
    pictures.images("ant", 13, 0x020200 + 50);
    Dataset dataset = pictures.read();
    assertThat(dataset.description().name()).isEqualTo("birds");
    assertThat(dataset.description().classes()).containsExactly("ant", "owl");
    assertThat(PictureFolder.blues(dataset.test())).containsExactly(51, 57, 1, 7);
    assertThat(ImageArrays.labels(dataset.test())).containsExactly(0, 0, 1, 1);
    assertThat(PictureFolder.blues(dataset.train()))
        .containsExactly(50, 52, 53, 54, 55, 56, 58, 59, 60, 61, 62, 0, 2, 3, 4, 5, 6);
    assertThat(ImageArrays.labels(dataset.train())).startsWith(0, 0).endsWith(1, 1, 1, 1, 1, 1);
    assertThat(dataset.validation().size()).isZero();
  }

  /** If this fails, the streams of all folder datasets have changed. */
  @Test
  void digestIsUnchanged() throws Exception {
    pictures.images("owl", 8, 0x010100);
    pictures.images("ant", 13, 0x020200 + 50);
    assertThat(pictures.read().description().digest())
        .isEqualTo("f8bf8cfde0ff9d1033f27742470ff4b533dad870c465df501f8e9111f9156edf");
  }

  @Test
  void readsPngAndJpegAndIgnoresOtherFiles() throws Exception {
    pictures.image("a/1.PNG", 0x0a141e, 32, 32);
    pictures.image("a/2.jpg", 0x0a141e, 32, 32);
    pictures.image("a/3.JPEG", 0x0a141e, 64, 48);
    pictures.image("a/4.png", 0x0a141e, 7, 300);
    pictures.text("a/notes.txt");
    pictures.text("a/.hidden.png");
    pictures.text("a/Thumbs.db");
    pictures.images("b", 2, 0);
    Dataset dataset = pictures.read();
    assertThat(dataset.train().size() + dataset.test().size()).isEqualTo(6);
    for (int i = 0; i < 3; i++) {
      assertThat(PictureFolder.blues(dataset.train())[i]).isCloseTo(0x1e, within(4));
    }
  }

  @Test
  void normalizationIsThatOfTheTrainingImages() throws Exception {
    pictures.images("a", 1, 0x006400);
    pictures.image("a/1.png", 0xffffff, 32, 32);
    pictures.image("b/0.png", 0x00c800, 32, 32);
    pictures.image("b/1.png", 0xffffff, 32, 32);
    var statistics = pictures.read().description().normalization();
    assertThat(statistics.mean().get(1)).isCloseTo(150 / 255., within(1e-12));
    assertThat(statistics.std().get(1)).isCloseTo(50 / 255., within(1e-9));
    assertThat(statistics.mean().get(0)).isZero();
    assertThat(statistics.std().get(0)).isEqualTo(1 / 255.);
  }

  @Test
  void listsAllBrokenPictures() throws Exception {
    pictures.images("a", 30, 0);
    pictures.images("b", 3, 0);
    for (int i = 0; i < 25; i++) {
      pictures.text("a/%02d.png".formatted(i));
    }
    Path half = pictures.root().resolve("b/01.png");
    Files.write(half, Arrays.copyOf(Files.readAllBytes(half), 60));
    Files.write(pictures.root().resolve("b/02.png"), new byte[0]);
    Files.createSymbolicLink(pictures.root().resolve("b/03.jpg"), Path.of("nowhere"));
    assertRefused(
        "28 of 34 pictures in " + pictures.root() + " are broken: a/00.png (",
        "a/19.png (declared image/png, but the bytes are neither a PNG nor a JPEG) and 8 more;",
        "MILLRACE_INGEST_BROKEN_PICTURES=skip");
    assertThat(pictures.remarks)
        .hasSize(28)
        .contains("broken picture: b/03.jpg (dangling link)")
        .anyMatch(line -> line.startsWith("broken picture: b/01.png (the PNG is damaged"))
        .anyMatch(line -> line.startsWith("broken picture: b/02.png (no image"));
  }

  @Test
  void skippedPicturesChangeNothingElse() throws Exception {
    pictures.images("a", 9, 10);
    pictures.images("b", 9, 60);
    Dataset whole = pictures.read();
    pictures.text("a/00.png");
    pictures.text("b/05.png");
    pictures.policy = BrokenPictures.SKIP;
    Dataset skipped = pictures.read();
    assertThat(pictures.skipped).isEqualTo(2);
    assertThat(pictures.remarks).anyMatch(line -> line.contains("2 of 18 pictures in"));
    assertThat(skipped.description().digest()).isNotEqualTo(whole.description().digest());
    Files.delete(pictures.root().resolve("a/00.png"));
    Files.delete(pictures.root().resolve("b/05.png"));
    pictures.policy = BrokenPictures.STOP;
    assertThat(pictures.read().description()).isEqualTo(skipped.description());
  }

  @Test
  void namesAClassWithTooFewUsableImages() throws Exception {
    pictures.images("a", 3, 10);
    pictures.images("b", 3, 60);
    pictures.text("b/00.png");
    pictures.text("b/01.png");
    pictures.policy = BrokenPictures.SKIP;
    assertRefused(pictures.root().resolve("b").toString(), "1 usable images");
  }

  @Test
  void readsImagesBeyondTheMemoryLimitFromTheFile() throws Exception {
    pictures.images("a", 9, 10);
    pictures.images("b", 9, 60);
    Dataset held = pictures.read();
    pictures.memory = 0;
    Dataset mapped = pictures.read();
    assertThat(mapped.description()).isEqualTo(held.description());
    assertThat(ImageArrays.pixels(mapped.train())).isEqualTo(ImageArrays.pixels(held.train()));
    assertThat(ImageArrays.pixels(mapped.test())).isEqualTo(ImageArrays.pixels(held.test()));
  }

  @Test
  void readsAThousandClassesOfTwoPictures() throws Exception {
    for (int i = 0; i < 1_200; i++) {
      pictures.images("class%04d".formatted(i), 2, i % 200);
    }
    Dataset dataset = pictures.read();
    assertThat(dataset.description().classes()).hasSize(1_200);
    assertThat(dataset.train().size()).isEqualTo(1_200);
    assertThat(dataset.test().label(1_199)).isEqualTo(1_199);
    assertThat(pictures.doing)
        .contains("reading %s: 2,400 of 2,400 pictures".formatted(pictures.root()));
  }
}
