package dev.millrace.images;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;

/**
 * A source of rows of 8-bit RGB pixels from any decoded image. Transparent pixels are blended with
 * white. Grey values are used unchanged, because {@link BufferedImage#getRGB} interprets them as
 * linear light and brightens them.
 */
final class RgbSource {
  private final BufferedImage image;
  private final boolean grey;
  private final int[] samples;

  RgbSource(BufferedImage image) {
    this.image = image;
    grey = image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY;
    samples = new int[image.getWidth() * image.getRaster().getNumBands()];
  }

  int width() {
    return image.getWidth();
  }

  int height() {
    return image.getHeight();
  }

  boolean hasAlpha() {
    return image.getColorModel().hasAlpha();
  }

  /**
   * Reads a row.
   *
   * @param row receives {@code width} pixels as 0xRRGGBB
   */
  void read(int y, int[] row) {
    if (grey) {
      readGrey(y, row);
    } else {
      image.getRGB(0, y, width(), 1, row, 0, width());
      for (int x = 0; x < row.length; x++) {
        row[x] = onWhite(row[x]);
      }
    }
  }

  private void readGrey(int y, int[] row) {
    Raster raster = image.getRaster();
    int bands = raster.getNumBands();
    int shift = raster.getDataBuffer().getDataType() == DataBuffer.TYPE_USHORT ? 8 : 0;
    raster.getPixels(0, y, width(), 1, samples);
    for (int x = 0; x < row.length; x++) {
      int value = samples[x * bands] >> shift;
      int alpha = bands > 1 ? samples[x * bands + 1] >> shift : 255;
      row[x] = onWhite(alpha << 24 | value << 16 | value << 8 | value);
    }
  }

  private static int onWhite(int argb) {
    int alpha = argb >>> 24;
    if (alpha == 255) {
      return argb & 0xffffff;
    }
    return blend(argb >> 16 & 255, alpha) << 16
        | blend(argb >> 8 & 255, alpha) << 8
        | blend(argb & 255, alpha);
  }

  private static int blend(int value, int alpha) {
    return (value * alpha + 255 * (255 - alpha) + 127) / 255;
  }
}
