package dev.millrace.ingest.dataset.folder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.ImageArrays;
import dev.millrace.ingest.dataset.ImageSet;
import dev.millrace.ingest.dataset.ReadingProgress;
import dev.millrace.ingest.dataset.folder.ImageFolder.BrokenPictures;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.imageio.ImageIO;

/** A folder of pictures that a test creates and reads; records the progress messages. */
final class PictureFolder implements ReadingProgress {
  BrokenPictures policy = BrokenPictures.STOP;
  long memory = 1 << 20;
  long room = 1 << 30;
  Path cache;
  final List<String> remarks = new ArrayList<>();
  final List<String> doing = new CopyOnWriteArrayList<>();
  int skipped;
  private final Path root;

  /**
   * @param folder gets the pictures, below {@code birds}, and the cache
   */
  PictureFolder(Path folder) throws IOException {
    root = Files.createDirectories(folder.resolve("birds"));
    cache = folder.resolve("cache");
  }

  Path root() {
    return root;
  }

  Dataset read() throws InterruptedException {
    remarks.clear();
    doing.clear();
    return new ImageFolder(root, policy, new Storage(cache, memory, folder -> room), this).read();
  }

  /** Writes an image of one colour. */
  void image(String path, int rgb, int width, int height) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, rgb);
    }
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    String format = path.toLowerCase(Locale.ROOT).endsWith("png") ? "png" : "jpeg";
    assertThat(ImageIO.write(image, format, file.toFile())).isTrue();
  }

  void images(String folder, int count, int rgb) throws IOException {
    for (int i = 0; i < count; i++) {
      image("%s/%02d.png".formatted(folder, i), rgb + i, 32, 32);
    }
  }

  /** Writes a text file, whatever its name. */
  void text(String path) throws IOException {
    Files.createDirectories(root.resolve(path).getParent());
    Files.writeString(root.resolve(path), "not an image");
  }

  /** Returns the blue value of each image. */
  static int[] blues(ImageSet images) {
    int[] blues = new int[images.size()];
    Arrays.setAll(blues, i -> ImageArrays.pixels(images, i)[2 * 1024 + 500] & 0xff);
    return blues;
  }

  @Override
  public void setState(String what) {
    doing.add(what);
  }

  @Override
  public void warn(String what) {
    remarks.add(what);
  }

  @Override
  public void setSkipped(int pictures) {
    skipped = pictures;
  }
}
