package dev.millrace.model.cpu;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * ReLU, local response normalisation and max-pool of one image at a time, in one pass over memory,
 * with its gradient:
 *
 * <pre>
 * x = max(a, 0)                       (H,W,C)
 * y = x / b^β,  b = k + α/n · Σ x²    the sum over the n channels around each, zero-padded
 * pooled = max of y                   ((H-1)/2,(W-1)/2,C): 3x3 windows, stride 2, no padding
 * </pre>
 *
 * Channels lie last in memory. A few pixels are worked on at a time, so that all of it stays in the
 * core's first cache; the loops are {@link RowMath}'s. α, β, k and n are those of {@link
 * LocalResponseNorm}; of equal values in a pooling window the first by rows is the largest, as in
 * PyTorch.
 *
 * <p>An instance is scratch memory for one thread.
 */
final class NormPoolKernel {
  private static final int WINDOW = 3;

  /** Which of a pooling window's places is the largest, by rows; one more if all are zero. */
  private static final int NONE = WINDOW * WINDOW;

  /** At most; an array of so many pixels with 96 channels is 3 KB. */
  private static final int STRIP_PIXELS = 8;

  private final int channels;
  private final int height;
  private final int row;
  private final int strip;
  private final int pooledHeight;
  private final int pooledWidth;
  private final int pooledRow;

  // Of a strip of pixels.
  private final float[] x;
  private final float[] base;
  private final float[] y;
  private final float[] e;

  /** Σ's summands: squares, then t. */
  private final ChannelWindow window;

  /** The last three rows of y, and their largest values. */
  private final float[][] rows;

  private final float[] tallest;

  /** Of each of them the pixels left, in the middle and right in each pooling window. */
  private final float[][][] columns;

  private final float[] largest;
  private final float[] place;

  /** ∂L/∂y of the rows of one pooling window, and behind them where gradients of zeros go. */
  private final float[] dy;

  /** Where in them a window's places are, from its first one on. */
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
   * @param a of all images
   * @param output for the pooled values of all images
   * @param argmax for where each window's largest value is, as {@link #backward} needs it; null if
   *     that is not to come
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

  /** x of a strip, and its squares. */
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

  /** The largest of the last three rows: first by columns, which are half as many to spread. */
  private void pool() {
    RowMath.largest(rows[0], rows[1], rows[2], tallest);
    spread(tallest, columns[0]);
    RowMath.largest(columns[0][0], columns[0][1], columns[0][2], largest);
  }

  /** The same, and which they are. */
  private void pool(float[][] top, float[][] middle, float[][] bottom) {
    RowMath.largest(top[0], top[1], top[2], largest);
    RowMath.largest(largest, middle[0], middle[1], largest);
    RowMath.largest(largest, middle[2], bottom[0], largest);
    RowMath.largest(largest, bottom[1], bottom[2], largest);
    Arrays.fill(place, 0);
    RowMath.placesBefore(bottom[0], bottom[1], largest, place);
    RowMath.placesBefore(middle[1], middle[2], largest, place);
    RowMath.placesBefore(top[2], middle[0], largest, place);
    RowMath.placesBefore(top[0], top[1], largest, place);
    RowMath.markZeros(largest, place, NONE);
  }

  /**
   * Replaces an image's a by ∂L/∂a. With ∂L/∂y the pooled gradient brought to each window's largest
   * value, and b as above,
   *
   * <pre>
   * ∂y_i/∂x_j = [i = j] · b_i^-β − β · x_i · b_i^(-β-1) · 2α/n · x_j     for j in i's window
   * ∂L/∂x_j   = e_j − 2αβ/n · x_j · Σ_i t_i,   e = ∂L/∂y / b^β,  t = e · x / b
   * </pre>
   *
   * and ReLU's part is done with that: where x is 0, so are both terms, for ∂L/∂y goes to positive
   * values only.
   */
  void backward(FloatBuffer aThenGradient, FloatBuffer pooledGradient, byte[] argmax, int image) {
    Arrays.fill(dy, 0);
    int first = image * height * row;
    for (int r = 0; r < pooledHeight; r++) {
      int at = (image * pooledHeight + r) * pooledRow;
      pooledGradient.get(at, largest);
      unpool(argmax, at);
      gradient(aThenGradient, first + 2 * r * row, 2 * row);
      // The window's last row is the next one's first.
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

  /** Of so many values by those of ∂L/∂y. */
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
