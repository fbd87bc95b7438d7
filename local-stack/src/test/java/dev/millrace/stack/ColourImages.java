package dev.millrace.stack;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** Folders of labelled pictures whose classes differ by colour. */
public final class ColourImages {
  static final List<String> CLASSES = List.of("blue", "green", "red");

  private ColourImages() {}

  /** Creates a folder for each class, with the given number of PNG files in each. */
  public static Path folder(Path root, int imagesPerClass) throws IOException {
    return folder(root, imagesPerClass, 0);
  }

  /**
   * Creates the folders with some wrong labels.
   *
   * @param mislabelled the share of pictures with another class's label; if it is above 0, the loss
   *     stays above zero and the accuracy differs between epochs
   */
  public static Path folder(Path root, int imagesPerClass, double mislabelled) throws IOException {
    Random random = new Random(1);
    for (int label = 0; label < CLASSES.size(); label++) {
      Path folder = Files.createDirectories(root.resolve(CLASSES.get(label)));
      for (int i = 0; i < imagesPerClass; i++) {
        Path file = folder.resolve("%04d.png".formatted(i));
        int shown = random.nextDouble() < mislabelled ? random.nextInt(CLASSES.size()) : label;
        ImageIO.write(picture(shown, random), "png", file.toFile());
      }
    }
    return root;
  }

  /** Returns a picture of noise in which the class's own colour dominates. */
  public static BufferedImage picture(int label, Random random) {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int dark = random.nextInt(120) | random.nextInt(120) << 8 | random.nextInt(120) << 16;
        image.setRGB(x, y, dark | (100 + random.nextInt(156)) << 8 * label);
      }
    }
    return image;
  }
}
