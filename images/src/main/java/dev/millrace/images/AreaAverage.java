package dev.millrace.images;

import dev.millrace.protocol.stream.Minibatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Resizes images to 32x32. Each target pixel becomes the mean of the area that it covers in the
 * source; source pixels that are partly covered count by their covered share. The same rule
 * enlarges smaller images. The image is not cropped, so that an image that is not square is
 * stretched.
 */
final class AreaAverage {
  private AreaAverage() {}

  /**
   * Resizes an image.
   *
   * @param source the image, possibly with fewer pixels than the original
   * @param width width of the original in pixels, for the note
   * @param height height of the original in pixels, for the note
   */
  static DecodedImage shrink(RgbSource source, int width, int height) {
    float[] sums = new float[Minibatch.IMAGE_BYTES];
    float[] line = new float[Minibatch.CHANNELS * Minibatch.WIDTH];
    int[] row = new int[source.width()];
    double rowsPerPixel = (double) source.height() / Minibatch.HEIGHT;
    for (int y = 0; y < source.height(); y++) {
      source.read(y, row);
      averageRow(row, line);
      int last = Math.min(Minibatch.HEIGHT - 1, (int) ((y + 1) / rowsPerPixel));
      for (int target = (int) (y / rowsPerPixel); target <= last; target++) {
        add(line, (float) (share(y, target, rowsPerPixel) / rowsPerPixel), sums, target);
      }
    }
    return new DecodedImage(rounded(sums), notes(source, width, height));
  }

  private static void averageRow(int[] row, float[] line) {
    Arrays.fill(line, 0);
    double perPixel = (double) row.length / Minibatch.WIDTH;
    for (int x = 0; x < row.length; x++) {
      int last = Math.min(Minibatch.WIDTH - 1, (int) ((x + 1) / perPixel));
      for (int target = (int) (x / perPixel); target <= last; target++) {
        float share = (float) (share(x, target, perPixel) / perPixel);
        line[target] += share * (row[x] >> 16 & 255);
        line[Minibatch.WIDTH + target] += share * (row[x] >> 8 & 255);
        line[2 * Minibatch.WIDTH + target] += share * (row[x] & 255);
      }
    }
  }

  /**
   * Returns how much of source pixel {@code at} lies in target pixel {@code target}, in source
   * pixels.
   */
  private static double share(int at, int target, double perPixel) {
    double begin = Math.max(at, target * perPixel);
    double end = Math.min(at + 1, (target + 1) * perPixel);
    return Math.max(0, end - begin);
  }

  private static void add(float[] line, float weight, float[] sums, int target) {
    for (int c = 0; c < Minibatch.CHANNELS; c++) {
      int from = c * Minibatch.WIDTH;
      int to = (c * Minibatch.HEIGHT + target) * Minibatch.WIDTH;
      for (int x = 0; x < Minibatch.WIDTH; x++) {
        sums[to + x] += weight * line[from + x];
      }
    }
  }

  private static byte[] rounded(float[] sums) {
    byte[] pixels = new byte[sums.length];
    for (int i = 0; i < sums.length; i++) {
      pixels[i] = (byte) Math.min(255, Math.round(sums[i]));
    }
    return pixels;
  }

  private static List<String> notes(RgbSource source, int width, int height) {
    List<String> notes = new ArrayList<>();
    if (width != Minibatch.WIDTH || height != Minibatch.HEIGHT) {
      notes.add("resized from " + width + "x" + height + " to 32x32");
    }
    if (source.hasAlpha()) {
      notes.add("transparency shown on white");
    }
    return notes;
  }
}
