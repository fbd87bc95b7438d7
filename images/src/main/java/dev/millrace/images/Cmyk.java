package dev.millrace.images;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;

/**
 * Conversion from the four inks of a printing JPEG (cyan, magenta, yellow, black) to RGB. As in
 * Pillow, each colour is the part of white that its ink and the black ink do not absorb. Inks are
 * stored inverted, with 255 for no ink, as in Adobe's programs and in all later ones.
 */
final class Cmyk {
  private Cmyk() {}

  /**
   * Converts an image to RGB.
   *
   * @param inks four bands, as stored
   */
  static BufferedImage toRgb(Raster inks, JpegColours colours) {
    int width = inks.getWidth();
    BufferedImage image = new BufferedImage(width, inks.getHeight(), BufferedImage.TYPE_INT_RGB);
    int[] row = new int[4 * width];
    int[] rgb = new int[width];
    for (int y = 0; y < inks.getHeight(); y++) {
      inks.getPixels(inks.getMinX(), inks.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++) {
        if (colours.isYcck()) {
          toCmy(row, 4 * x);
        }
        int light = row[4 * x + 3];
        int red = left(row[4 * x], light);
        int green = left(row[4 * x + 1], light);
        rgb[x] = red << 16 | green << 8 | left(row[4 * x + 2], light);
      }
      image.setRGB(0, y, width, 1, rgb, 0, width);
    }
    return image;
  }

  /** Reverts the YCCK transform of the first three inks, in place. */
  private static void toCmy(int[] pixels, int at) {
    double y = pixels[at];
    double cb = pixels[at + 1] - 128;
    double cr = pixels[at + 2] - 128;
    pixels[at] = 255 - clamp(y + 1.402 * cr);
    pixels[at + 1] = 255 - clamp(y - 0.344136 * cb - 0.714136 * cr);
    pixels[at + 2] = 255 - clamp(y + 1.772 * cb);
  }

  private static int clamp(double value) {
    return (int) Math.max(0, Math.min(255, Math.round(value)));
  }

  private static int left(int colour, int light) {
    return (colour * light + 127) / 255;
  }
}
