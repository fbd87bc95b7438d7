package dev.millrace.model.cpu;

/**
 * Values of some pixels, (pixels·channels), and beside them the same values shifted by the channels
 * of {@link LocalResponseNorm}'s window, with zeros where there is no such channel. Copies, because
 * only what stands at one index of several arrays is added by vector instructions.
 */
final class ChannelWindow {
  private static final int HALF = LocalResponseNorm.SIZE / 2;

  private final int channels;
  private final int length;

  /** From the values of the channel two before each to those of the channel two behind it. */
  private final float[][] arrays;

  ChannelWindow(int channels, int length) {
    this.channels = channels;
    this.length = length;
    arrays = new float[LocalResponseNorm.SIZE][length];
  }

  /** To be written. */
  float[] values() {
    return arrays[HALF];
  }

  /** An array for each place of the window, as the values are now. */
  float[][] shifted() {
    float[] values = values();
    for (int d = 1; d <= HALF; d++) {
      float[] before = arrays[HALF - d];
      float[] behind = arrays[HALF + d];
      System.arraycopy(values, 0, before, d, length - d);
      System.arraycopy(values, d, behind, 0, length - d);
      // What came from the pixel before, and from the next one.
      for (int pixel = 0; pixel < length; pixel += channels) {
        for (int c = 0; c < Math.min(d, channels); c++) {
          before[pixel + c] = 0;
          behind[pixel + channels - 1 - c] = 0;
        }
      }
    }
    return arrays;
  }
}
