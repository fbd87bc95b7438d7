package dev.millrace.model;

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
 * Channels lie last in memory. A row of pixels is worked on as a whole while it is in the core's
 * cache; the loops are {@link RowMath}'s. α, β, k and n are those of {@link LocalResponseNorm}; of
 * equal values in a pooling window the first by rows is the largest, as in PyTorch.
 *
 * <p>An instance is scratch memory for one thread.
 */
final class NormPoolKernel {
  private static final int HALF = LocalResponseNorm.SIZE / 2;
  private static final int WINDOW = 3;

  /** Which of a pooling window's places is the largest, by rows; one more if all are zero. */
  private static final int NONE = WINDOW * WINDOW;

  private final int channels;
  private final int height;
  private final int width;
  private final int row;
  private final int pooledHeight;
  private final int pooledWidth;
  private final int pooledRow;

  private final float[] x;
  private final float[] squares;
  private final float[] base;
  private final float[] t;

  /** A row's values one and two channels further and back, for the sums over channels. */
  private final float[][] ahead;

  private final float[][] behind;

  /** Of the last three rows of y, the pixels left, in the middle and right in each window. */
  private final float[][][] columns;

  private final float[] y;
  private final float[] largest;
  private final float[] place;

  /** ∂L/∂y of the whole image, by rows, and at the end where gradients of zeros go. */
  private final float[][] dy;

  NormPoolKernel(int channels, int height, int width) {
    this.channels = channels;
    this.height = height;
    this.width = width;
    row = width * channels;
    pooledHeight = (height - 1) / 2;
    pooledWidth = (width - 1) / 2;
    pooledRow = pooledWidth * channels;
    x = new float[row];
    squares = new float[row];
    base = new float[row];
    t = new float[row];
    ahead = new float[HALF][row];
    behind = new float[HALF][row];
    columns = new float[WINDOW][WINDOW][pooledRow];
    y = new float[row];
    largest = new float[pooledRow];
    place = new float[pooledRow];
    dy = new float[height + 1][row];
  }

  /**
   * @param a of all images
   * @param output for the pooled values of all images
   * @param argmax for where each window's largest value is, as {@link #backward} needs it; null if
   *     that is not to come
   */
  void forward(FloatBuffer a, FloatBuffer output, byte[] argmax, int image) {
    for (int r = 0; r < height; r++) {
      rectify(a, image, r);
      RowMath.normalize(x, base, y);
      spread(columns[r % WINDOW]);
      if (r >= 2 && r % 2 == 0) {
        int at = (image * pooledHeight + r / 2 - 1) * pooledRow;
        float[][] top = columns[(r - 2) % WINDOW];
        float[][] middle = columns[(r - 1) % WINDOW];
        float[][] bottom = columns[r % WINDOW];
        pool(top, middle, bottom);
        output.put(at, largest);
        if (argmax != null) {
          places(new float[][][] {top, middle, bottom});
          for (int i = 0; i < pooledRow; i++) {
            argmax[at + i] = (byte) place[i];
          }
        }
      }
    }
  }

  /** x and b of a row. */
  private void rectify(FloatBuffer a, int image, int r) {
    a.get((image * height + r) * row, x);
    RowMath.rectify(x, squares);
    sumOverChannels(squares, base);
    RowMath.base(base);
  }

  /** For every channel the sum over the n around it. */
  private void sumOverChannels(float[] values, float[] sums) {
    for (int d = 1; d <= HALF; d++) {
      float[] further = ahead[d - 1];
      float[] back = behind[d - 1];
      System.arraycopy(values, d, further, 0, row - d);
      System.arraycopy(values, 0, back, d, row - d);
      // What came from the next pixel, and from the one before.
      for (int pixel = 0; pixel < row; pixel += channels) {
        for (int c = 0; c < d; c++) {
          back[pixel + c] = 0;
          further[pixel + channels - 1 - c] = 0;
        }
      }
    }
    RowMath.sum(values, ahead[0], behind[0], sums);
    RowMath.sum(sums, ahead[1], behind[1], sums);
  }

  private void spread(float[][] leftMiddleRight) {
    for (int w = 0; w < pooledWidth; w++) {
      for (int i = 0; i < WINDOW; i++) {
        System.arraycopy(y, (2 * w + i) * channels, leftMiddleRight[i], w * channels, channels);
      }
    }
  }

  private void pool(float[][] top, float[][] middle, float[][] bottom) {
    RowMath.largest(top[0], top[1], top[2], largest);
    RowMath.largest(largest, middle[0], middle[1], largest);
    RowMath.largest(largest, middle[2], bottom[0], largest);
    RowMath.largest(largest, bottom[1], bottom[2], largest);
  }

  private void places(float[][][] rows) {
    Arrays.fill(place, 0);
    for (int k = NONE - 2; k >= 0; k--) {
      RowMath.placesBefore(rows[k / WINDOW][k % WINDOW], largest, place);
    }
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
    for (float[] values : dy) {
      Arrays.fill(values, 0);
    }
    for (int r = 0; r < pooledHeight; r++) {
      int at = (image * pooledHeight + r) * pooledRow;
      pooledGradient.get(at, largest);
      unpool(2 * r, argmax, at);
    }
    for (int r = 0; r < height; r++) {
      rectify(aThenGradient, image, r);
      RowMath.scale(x, base, dy[r], t);
      sumOverChannels(t, squares);
      RowMath.gradient(x, squares, dy[r]);
      aThenGradient.put((image * height + r) * row, dy[r]);
    }
  }

  private void unpool(int r, byte[] argmax, int at) {
    for (int w = 0; w < pooledWidth; w++) {
      int first = 2 * w * channels;
      for (int i = w * channels; i < (w + 1) * channels; i++) {
        int k = argmax[at + i];
        float[] to = k == NONE ? dy[height] : dy[r + k / WINDOW];
        to[first + i - w * channels + k % WINDOW * channels] += largest[i];
      }
    }
  }
}
