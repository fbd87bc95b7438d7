package dev.millrace.model.cpu;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * ReLU, local response normalisation and max-pooling of one image at a time, in one pass over
 * memory, with the gradient:
 *
 * <pre>
 * x = max(a, 0)                       (H,W,C)
 * y = x / b^β,  b = k + α/n · Σ x²    the sum over the n channels around each, zero-padded
 * pooled = max of y                   ((H-1)/2,(W-1)/2,C): 3x3 windows, stride 2, no padding
 * </pre>
 *
 * Channels are last in memory. The kernel processes a few pixels at a time, so that their data
 * stays in the core's L1 cache. {@link RowMath} contains the loops. α, β, k and n are those of
 * {@link LocalResponseNorm}. If several values in a pooling window are equal, the first one in
 * row-major order counts as the largest, as in PyTorch.
 *
 * <p>An instance is scratch memory for one thread.
 */
final class NormPoolKernel {
  private static final int WINDOW = 3;

  /**
   * Index for a pooling window whose values are all zero. For other windows, the index is the
   * row-major place of the largest value.
   */
  private static final int NONE = WINDOW * WINDOW;

  /** Maximum number of pixels in a strip; an array of 8 pixels with 96 channels takes 3 KB. */
  private static final int STRIP_PIXELS = 8;

  private final int channels;
  private final int height;
  private final int row;
  private final int strip;
  private final int pooledHeight;
  private final int pooledWidth;
  private final int pooledRow;

  // Scratch arrays for one strip of pixels.
  private final float[] x;
  private final float[] base;
  private final float[] y;
  private final float[] e;

  /** The summands of Σ: first the squares, then t. */
  private final ChannelWindow window;

  /** The last three rows of y; {@code tallest} holds the maximum over these rows. */
  private final float[][] rows;

  private final float[] tallest;

  /** For each of these rows, the left, middle and right pixel of each pooling window. */
  private final float[][][] columns;

  private final float[] largest;
  private final float[] place;

  /**
   * ∂L/∂y of the rows of one pooling window, followed by a row for the gradients of all-zero
   * windows.
   */
  private final float[] dy;

  /** Offsets of the places of a window in {@code dy}, relative to its first place. */
  private final int[] offsets = new int[NONE + 1];

  NormPoolKernel(int channels, int height, int width) {
    this.channels = channels;
    this.height = height;
    row = width * channels;
    int pixels = Math.min(STRIP_PIXELS, width);
    while (width % pixels != 0) {
      pixels--;
    }
    strip = pixels * channels;
    pooledHeight = (height - 1) / 2;
    pooledWidth = (width - 1) / 2;
    pooledRow = pooledWidth * channels;
    x = new float[strip];
    base = new float[strip];
    y = new float[strip];
    e = new float[strip];
    window = new ChannelWindow(channels, strip);
    rows = new float[WINDOW][row];
    tallest = new float[row];
    columns = new float[WINDOW][WINDOW][pooledRow];
    largest = new float[pooledRow];
    place = new float[pooledRow];
    dy = new float[(WINDOW + 1) * row];
    for (int k = 0; k < NONE; k++) {
      offsets[k] = k / WINDOW * row + k % WINDOW * channels;
    }
    offsets[NONE] = WINDOW * row;
  }

  /**
   * Computes the pooled values of one image.
   *
   * @param a the input of all images
   * @param output receives the pooled values of all images
   * @param argmax receives the index of the largest value of each window, for {@link #backward};
   *     null if no backward pass follows
   */
  void forward(FloatBuffer a, FloatBuffer output, byte[] argmax, int image) {
    for (int r = 0; r < height; r++) {
      normalize(a, (image * height + r) * row, rows[r % WINDOW]);
      if (argmax != null) {
        spread(rows[r % WINDOW], columns[r % WINDOW]);
      }
      if (r >= 2 && r % 2 == 0) {
        int at = (image * pooledHeight + r / 2 - 1) * pooledRow;
        if (argmax == null) {
          pool();
        } else {
          pool(columns[(r - 2) % WINDOW], columns[(r - 1) % WINDOW], columns[r % WINDOW]);
          for (int i = 0; i < pooledRow; i++) {
            argmax[at + i] = (byte) place[i];
          }
        }
        output.put(at, largest);
      }
    }
  }

  private void normalize(FloatBuffer a, int at, float[] normalized) {
    for (int from = 0; from < row; from += strip) {
      rectify(a, at + from);
      RowMath.normalize(x, window.shifted(), y);
      System.arraycopy(y, 0, normalized, from, strip);
    }
  }

  /** Computes x of a strip and the squares of x. */
  private void rectify(FloatBuffer a, int at) {
    a.get(at, x);
    RowMath.rectify(x, window.values());
  }

  private void spread(float[] values, float[][] leftMiddleRight) {
    for (int w = 0; w < pooledWidth; w++) {
      for (int i = 0; i < WINDOW; i++) {
        int pixel = (2 * w + i) * channels;
        System.arraycopy(values, pixel, leftMiddleRight[i], w * channels, channels);
      }
    }
  }

  /**
   * Computes the largest values of the last three rows. The maximum over the rows comes first,
   * because then only one row has to be spread.
   */
  private void pool() {
    RowMath.largest(rows[0], rows[1], rows[2], tallest);
    spread(tallest, columns[0]);
    RowMath.largest(columns[0][0], columns[0][1], columns[0][2], largest);
  }

  /** Computes the largest values and their places in the windows. */
  private void pool(float[][] top, float[][] middle, float[][] bottom) {
    RowMath.largest(top[0], top[1], top[2], largest);
    RowMath.largest(largest, middle[0], middle[1], largest);
    RowMath.largest(largest, middle[2], bottom[0], largest);
    RowMath.largest(largest, bottom[1], bottom[2], largest);
    Arrays.fill(place, 0);
    RowMath.argmaxOffset(bottom[0], bottom[1], largest, place);
    RowMath.argmaxOffset(middle[1], middle[2], largest, place);
    RowMath.argmaxOffset(top[2], middle[0], largest, place);
    RowMath.argmaxOffset(top[0], top[1], largest, place);
    RowMath.markZeros(largest, place, NONE);
  }

  /**
   * Replaces an image's a by ∂L/∂a. Let ∂L/∂y be the pooled gradient, moved to the largest value of
   * each window, and let b be as above. Then
   *
   * <pre>
   * ∂y_i/∂x_j = [i = j] · b_i^-β − β · x_i · b_i^(-β-1) · 2α/n · x_j     for j in i's window
   * ∂L/∂x_j   = e_j − 2αβ/n · x_j · Σ_i t_i,   e = ∂L/∂y / b^β,  t = e · x / b
   * </pre>
   *
   * The result includes the gradient of ReLU: where x is 0, both terms are 0, because ∂L/∂y is
   * nonzero only at positive values.
   */
  void backward(FloatBuffer aThenGradient, FloatBuffer pooledGradient, byte[] argmax, int image) {
    Arrays.fill(dy, 0);
    int first = image * height * row;
    for (int r = 0; r < pooledHeight; r++) {
      int at = (image * pooledHeight + r) * pooledRow;
      pooledGradient.get(at, largest);
      unpool(argmax, at);
      gradient(aThenGradient, first + 2 * r * row, 2 * row);
      // The last row of a window is the first row of the next window.
      System.arraycopy(dy, 2 * row, dy, 0, row);
      Arrays.fill(dy, row, WINDOW * row, 0);
    }
    int last = 2 * pooledHeight * row;
    gradient(aThenGradient, first + last, height * row - last);
  }

  private void unpool(byte[] argmax, int at) {
    for (int w = 0; w < pooledWidth; w++) {
      int window = 2 * w * channels;
      int pooled = w * channels;
      for (int c = 0; c < channels; c++) {
        dy[offsets[argmax[at + pooled + c]] + window + c] += largest[pooled + c];
      }
    }
  }

  /** Computes the gradient of {@code count} values from ∂L/∂y. */
  private void gradient(FloatBuffer aThenGradient, int at, int count) {
    for (int from = 0; from < count; from += strip) {
      rectify(aThenGradient, at + from);
      RowMath.base(window.shifted(), base);
      System.arraycopy(dy, from, e, 0, strip);
      RowMath.scale(x, base, e, window.values());
      RowMath.gradient(x, window.shifted(), e);
      aThenGradient.put(at + from, e);
    }
  }
}
