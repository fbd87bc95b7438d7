package dev.millrace.model;

/**
 * The arithmetic of {@link NormPoolKernel} on whole arrays of equal length. Each loop reads and
 * writes its arrays at one and the same index and branches on nothing: the JVM makes vector
 * instructions of such loops, and of hardly any others.
 */
final class RowMath {
  private static final float SCALE = LocalResponseNorm.ALPHA / LocalResponseNorm.SIZE;
  private static final float K = LocalResponseNorm.K;
  private static final float SLOPE = 2 * SCALE * LocalResponseNorm.BETA;

  /** Times this twice, the smallest float above zero is more than one. */
  private static final float HUGE = 0x1p127f;

  private RowMath() {}

  static void rectify(float[] x, float[] squares) {
    for (int i = 0; i < x.length; i++) {
      float positive = Math.max(x[i], 0f);
      x[i] = positive;
      squares[i] = positive * positive;
    }
  }

  static void sum(float[] a, float[] b, float[] c, float[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] = a[i] + b[i] + c[i];
    }
  }

  /** From Σ x² to b, in its place. */
  static void base(float[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] = K + SCALE * sums[i];
    }
  }

  /** y = x / b^¾, by two square roots. */
  static void normalize(float[] x, float[] base, float[] y) {
    for (int i = 0; i < y.length; i++) {
      float root = (float) Math.sqrt(base[i]);
      y[i] = x[i] / (root * (float) Math.sqrt(root));
    }
  }

  static void largest(float[] a, float[] b, float[] c, float[] largest) {
    for (int i = 0; i < largest.length; i++) {
      largest[i] = Math.max(Math.max(a[i], b[i]), c[i]);
    }
  }

  /**
   * How many places come before the first that holds the largest value, from this one on: none if
   * it is here, else one more than from the next one on.
   */
  static void placesBefore(float[] values, float[] largest, float[] places) {
    for (int i = 0; i < places.length; i++) {
      float differs = Math.min((largest[i] - values[i]) * HUGE * HUGE, 1f);
      places[i] = differs * (1f + places[i]);
    }
  }

  /** Moves to the mark what stands at place 0 with the value 0. */
  static void markZeros(float[] largest, float[] places, float mark) {
    for (int i = 0; i < places.length; i++) {
      float positive = Math.min(largest[i] * HUGE * HUGE, 1f);
      places[i] += (1f - positive) * mark;
    }
  }

  /** From ∂L/∂y to e, in its place, and t. */
  static void scale(float[] x, float[] base, float[] dy, float[] t) {
    for (int i = 0; i < t.length; i++) {
      float root = (float) Math.sqrt(base[i]);
      float e = dy[i] / (root * (float) Math.sqrt(root));
      dy[i] = e;
      t[i] = e * x[i] / base[i];
    }
  }

  /** From e to ∂L/∂x, in its place. */
  static void gradient(float[] x, float[] sums, float[] e) {
    for (int i = 0; i < e.length; i++) {
      e[i] -= SLOPE * x[i] * sums[i];
    }
  }
}
