package dev.millrace.ingest.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.protocol.Minibatch;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
  @TempDir Path root;

  /** An image of one colour. */
  private void image(String path, int rgb, int width, int height) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, rgb);
    }
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    String format = path.toLowerCase(Locale.ROOT).endsWith("png") ? "png" : "jpeg";
    assertThat(ImageIO.write(image, format, file.toFile())).isTrue();
  }

  private void images(String folder, int count, int rgb) throws IOException {
    for (int i = 0; i < count; i++) {
      image("%s/%02d.png".formatted(folder, i), rgb + i, 32, 32);
    }
  }

  private static int blue(ImageSet images, int image) {
    return images.pixels()[image * Minibatch.IMAGE_BYTES + 2 * 1024 + 500] & 0xff;
  }

  private static int[] blues(ImageSet images) {
    int[] blues = new int[images.size()];
    Arrays.setAll(blues, i -> blue(images, i));
    return blues;
  }

  private void assertRefused(String... says) {
    assertThatThrownBy(() -> ImageFolder.read(root))
        .isInstanceOf(DatasetException.class)
        .hasMessageContainingAll(says);
  }

  @Test
  void classesAreTheFoldersInOrderAndEverySixthImageIsForTesting() throws IOException {
    images("owl", 8, 0x010100);
    images("ant", 13, 0x020200 + 50);
    Dataset dataset = ImageFolder.read(root);
    assertThat(dataset.description().name()).isEqualTo(root.getFileName().toString());
    assertThat(dataset.description().classes()).containsExactly("ant", "owl");
    assertThat(blues(dataset.test())).containsExactly(51, 57, 1, 7);
    assertThat(dataset.test().labels()).containsExactly(0, 0, 1, 1);
    assertThat(blues(dataset.train()))
        .containsExactly(50, 52, 53, 54, 55, 56, 58, 59, 60, 61, 62, 0, 2, 3, 4, 5, 6);
    assertThat(dataset.train().labels()).startsWith(0, 0).endsWith(1, 1, 1, 1, 1, 1);
  }

  @Test
  void aTestFolderOfItsOwnIsUsedAsItIs() throws IOException {
    images("train/a", 7, 10);
    images("train/b", 7, 20);
    images("test/a", 2, 30);
    images("test/b", 3, 40);
    Dataset dataset = ImageFolder.read(root);
    assertThat(dataset.train().size()).isEqualTo(14);
    assertThat(blues(dataset.test())).containsExactly(30, 31, 40, 41, 42);
    assertThat(dataset.test().labels()).containsExactly(0, 0, 1, 1, 1);
  }

  @Test
  void pngAndJpegOfAnySizeAreTakenAndOtherFilesLeft() throws IOException {
    image("a/1.PNG", 0x0a141e, 32, 32);
    image("a/2.jpg", 0x0a141e, 32, 32);
    image("a/3.JPEG", 0x0a141e, 64, 48);
    image("a/4.png", 0x0a141e, 7, 300);
    Files.writeString(root.resolve("a/notes.txt"), "not an image");
    Files.writeString(root.resolve("a/.hidden.png"), "not an image");
    images("b", 2, 0);
    Dataset dataset = ImageFolder.read(root);
    assertThat(dataset.train().size() + dataset.test().size()).isEqualTo(6);
    for (int i = 0; i < 3; i++) {
      assertThat(blue(dataset.train(), i)).isCloseTo(0x1e, within(4));
    }
  }

  @Test
  void normalizationIsTheTrainingImagesMeanAndDeviation() throws IOException {
    images("a", 1, 0x006400);
    image("a/1.png", 0xffffff, 32, 32);
    image("b/0.png", 0x00c800, 32, 32);
    image("b/1.png", 0xffffff, 32, 32);
    var statistics = ImageFolder.read(root).description().normalization();
    assertThat(statistics.mean().get(1)).isCloseTo(150 / 255., within(1e-12));
    assertThat(statistics.std().get(1)).isCloseTo(50 / 255., within(1e-9));
    assertThat(statistics.mean().get(0)).isZero();
    assertThat(statistics.std().get(0)).isEqualTo(1 / 255.);
  }

  @Test
  void anEmptyClassFolderIsNamed() throws IOException {
    images("a", 3, 0);
    Files.createDirectories(root.resolve("b"));
    assertRefused(root.resolve("b").toString(), "0 PNG or JPEG images", "remove it");
  }

  @Test
  void aCorruptImageIsNamed() throws IOException {
    images("a", 3, 0);
    images("b", 3, 0);
    Path file = root.resolve("b/01.png");
    byte[] png = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(png, png.length / 2));
    assertRefused(file.toString(), "repair or remove it");
    Files.writeString(file, "some text");
    assertRefused(file.toString(), "neither a PNG nor a JPEG", "repair or remove it");
    Files.write(file, new byte[0]);
    assertRefused(file.toString(), "repair or remove it");
  }

  @Test
  void oneClassOrNoneIsNotEnough() throws IOException {
    assertRefused(root.toString(), "0 class folders", "at least 2");
    images("only", 3, 0);
    assertRefused(root.toString(), "1 class folders", "at least 2");
  }

  @Test
  void trainAndTestMustHaveTheSameClasses() throws IOException {
    images("train/a", 3, 0);
    images("train/b", 3, 0);
    images("test/a", 3, 0);
    assertRefused("[a, b]", "[a]", "both must have the same");
    images("test/b", 3, 0);
    images("test/c", 3, 0);
    assertRefused("[a, b]", "[a, b, c]", "both must have the same");
  }

  @Test
  void aTrainFolderWithoutATestFolderIsRefused() throws IOException {
    images("train/a", 3, 0);
    images("train/b", 3, 0);
    assertRefused(root.resolve("test").toString());
  }
}
