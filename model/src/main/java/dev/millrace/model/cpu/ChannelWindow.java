package dev.millrace.model.cpu;

/**
 * The values of some pixels, (pixels·channels), with copies that are shifted by the channels of
 * {@link LocalResponseNorm}'s window. A shifted value is zero if its channel does not exist. Copies
 * are necessary because vector instructions add only values at the same index of several arrays.
 */
final class ChannelWindow {
  private static final int HALF = LocalResponseNorm.SIZE / 2;

  private final int channels;
  private final int length;

  /**
   * The arrays by place in the window: from two channels before each channel to two channels after
   * it.
   */
  private final float[][] arrays;

  ChannelWindow(int channels, int length) {
    this.channels = channels;
    this.length = length;
    arrays = new float[LocalResponseNorm.SIZE][length];
  }

  /** Returns the unshifted values, for the caller to write. */
  float[] values() {
    return arrays[HALF];
  }

  /** Copies the current values and returns one array for each place in the window. */
  float[][] shifted() {
    float[] values = values();
    for (int d = 1; d <= HALF; d++) {
      float[] before = arrays[HALF - d];
      float[] behind = arrays[HALF + d];
      System.arraycopy(values, 0, before, d, length - d);
      System.arraycopy(values, d, behind, 0, length - d);
      // Clear the values that come from the previous pixel and from the next one.
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
