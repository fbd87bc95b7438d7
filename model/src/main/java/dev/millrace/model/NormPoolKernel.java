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
 * Channels lie last in memory. Each row of pixels is worked on while it is in the core's cache, in
 * loops over the whole row, so that the JVM makes vector instructions of them: zeros between the
 * pixels keep a window from reaching into the next one. α, β, k and n are those of {@link
 * LocalResponseNorm}; of equal values in a pooling window the first by rows is the largest, as in
 * PyTorch.
 *
 * <p>An instance is scratch memory for one thread.
 */
final class NormPoolKernel {
  private static final int HALF = LocalResponseNorm.SIZE / 2;
  private static final float SCALE = LocalResponseNorm.ALPHA / LocalResponseNorm.SIZE;
  private static final float K = LocalResponseNorm.K;
  private static final float SLOPE = 2 * SCALE * LocalResponseNorm.BETA;

  /** The mark of a pooling window whose values are all zero: there ReLU stops the gradient. */
  private static final byte NONE = 9;

  private static final float[] LIVE = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0};

  private final int channels;
  private final int height;
  private final int width;
  private final int pooledHeight;
  private final int pooledWidth;

  /** From one pixel to the next in the arrays below, and from one row to the next. */
  private final int pixel;

  private final int row;

  /** From a window's first place to each of its nine, by rows. */
  private final int[] places;

  /** A row each, with zeros before it and between the pixels. */
  private final float[] x;

  private final float[] squares;
  private final float[] t;

  /** y of the whole image; on the way back ∂L/∂y. */
  private final float[] y;

  /** The largest of three rows, then of three pixels of those. */
  private final float[] ofRows;

  private final float[] ofWindows;

  /** A row of the pooled image, or of its gradient. */
  private final float[] pooled;

  NormPoolKernel(int channels, int height, int width) {
    this.channels = channels;
    this.height = height;
    this.width = width;
    pooledHeight = (height - 1) / 2;
    pooledWidth = (width - 1) / 2;
    pixel = channels + HALF;
    row = width * pixel;
    places = new int[NONE + 1];
    for (int k = 0; k < NONE; k++) {
      places[k] = k / 3 * row + k % 3 * pixel;
    }
    x = new float[row + 2 * HALF];
    squares = new float[x.length];
    t = new float[x.length];
    y = new float[height * row];
    ofRows = new float[row];
    ofWindows = new float[row];
    pooled = new float[pooledWidth * channels];
  }

  /**
   * @param a of all images
   * @param output for the pooled values of all images
   * @param argmax for where each window's largest value is, as {@link #backward} needs it; null if
   *     that is not to come
   */
  void forward(FloatBuffer a, FloatBuffer output, byte[] argmax, int image) {
    int pooledRow = 0;
    for (int r = 0; r < height; r++) {
      rectifyRow(a, image, r);
      normalize(x, squares, y, r * row, row);
      if (r >= 2 && r % 2 == 0) {
        int at = (image * pooledHeight + pooledRow) * pooled.length;
        poolRow(2 * pooledRow * row, argmax, at);
        output.put(at, pooled);
        pooledRow++;
      }
    }
  }

  /** x and x² of a row. */
  private void rectifyRow(FloatBuffer a, int image, int r) {
    int from = (image * height + r) * width * channels;
    for (int w = 0; w < width; w++) {
      a.get(from + w * channels, x, HALF + w * pixel, channels);
    }
    rectify(x, squares);
  }

  private static void rectify(float[] x, float[] squares) {
    for (int i = 0; i < x.length; i++) {
      float positive = Math.max(x[i], 0f);
      x[i] = positive;
      squares[i] = positive * positive;
    }
  }

  private static void normalize(float[] x, float[] squares, float[] y, int from, int count) {
    for (int i = 0; i < count; i++) {
      float sum = squares[i] + squares[i + 1] + squares[i + 2] + squares[i + 3] + squares[i + 4];
      float root = (float) Math.sqrt(K + SCALE * sum);
      y[from + i] = x[i + HALF] / (root * (float) Math.sqrt(root));
    }
  }

  private void poolRow(int from, byte[] argmax, int at) {
    largestOfThree(y, from, row, ofRows, row);
    largestOfThree(ofRows, 0, pixel, ofWindows, row - 2 * pixel);
    for (int w = 0; w < pooledWidth; w++) {
      System.arraycopy(ofWindows, 2 * w * pixel, pooled, w * channels, channels);
      if (argmax != null) {
        int first = from + 2 * w * pixel;
        findLargest(y, first, row, pixel, pooled, w * channels, channels, argmax, at);
      }
    }
  }

  private static void largestOfThree(
      float[] values, int from, int stride, float[] largest, int count) {
    for (int i = 0; i < count; i++) {
      float two = Math.max(values[from + i], values[from + stride + i]);
      largest[i] = Math.max(two, values[from + 2 * stride + i]);
    }
  }

  /** Without branches that depend on values: half of them would be mispredicted. */
  private static void findLargest(
      float[] y,
      int first,
      int row,
      int pixel,
      float[] pooled,
      int from,
      int channels,
      byte[] argmax,
      int at) {
    for (int c = 0; c < channels; c++) {
      float largest = pooled[from + c];
      int i = first + c;
      int found = 8;
      found = y[i + 2 * row + pixel] >= largest ? 7 : found;
      found = y[i + 2 * row] >= largest ? 6 : found;
      found = y[i + row + 2 * pixel] >= largest ? 5 : found;
      found = y[i + row + pixel] >= largest ? 4 : found;
      found = y[i + row] >= largest ? 3 : found;
      found = y[i + 2 * pixel] >= largest ? 2 : found;
      found = y[i + pixel] >= largest ? 1 : found;
      found = y[i] >= largest ? 0 : found;
      argmax[at + from + c] = (byte) (largest > 0 ? found : NONE);
    }
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
    Arrays.fill(y, 0);
    for (int r = 0; r < pooledHeight; r++) {
      int at = (image * pooledHeight + r) * pooled.length;
      pooledGradient.get(at, pooled);
      unpoolRow(2 * r * row, argmax, at);
    }
    for (int r = 0; r < height; r++) {
      rectifyRow(aThenGradient, image, r);
      scale(x, squares, y, r * row, t, row);
      gradient(x, t, y, r * row, row);
      int to = (image * height + r) * width * channels;
      for (int w = 0; w < width; w++) {
        aThenGradient.put(to + w * channels, y, r * row + w * pixel, channels);
      }
    }
  }

  private void unpoolRow(int from, byte[] argmax, int at) {
    for (int w = 0; w < pooledWidth; w++) {
      int first = from + 2 * w * pixel;
      for (int c = 0; c < channels; c++) {
        int i = w * channels + c;
        int k = argmax[at + i];
        y[first + c + places[k]] += LIVE[k] * pooled[i];
      }
    }
  }

  /** From ∂L/∂y to e, in its place, and t. */
  private static void scale(
      float[] x, float[] squares, float[] dy, int from, float[] t, int count) {
    for (int i = 0; i < count; i++) {
      float sum = squares[i] + squares[i + 1] + squares[i + 2] + squares[i + 3] + squares[i + 4];
      float base = K + SCALE * sum;
      float root = (float) Math.sqrt(base);
      float e = dy[from + i] / (root * (float) Math.sqrt(root));
      dy[from + i] = e;
      t[i + HALF] = e * x[i + HALF] / base;
    }
  }

  /** From e to ∂L/∂x, in its place. */
  private static void gradient(float[] x, float[] t, float[] e, int from, int count) {
    for (int i = 0; i < count; i++) {
      float sum = t[i] + t[i + 1] + t[i + 2] + t[i + 3] + t[i + 4];
      e[from + i] -= SLOPE * x[i + HALF] * sum;
    }
  }
}
