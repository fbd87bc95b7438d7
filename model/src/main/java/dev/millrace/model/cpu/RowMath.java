package dev.millrace.model.cpu;

/**
 * The arithmetic of {@link NormPoolKernel} on whole arrays of equal length. Each loop reads and
 * writes its arrays at one and the same index, branches on nothing and is short: the JVM makes
 * vector instructions of such loops, and of hardly any others. What is summed over channels comes
 * as {@link LocalResponseNorm#SIZE} arrays, the same values shifted.
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

  /** b, from the squares. */
  static void base(float[][] squares, float[] base) {
    float[] s0 = squares[0];
    float[] s1 = squares[1];
    float[] s2 = squares[2];
    float[] s3 = squares[3];
    float[] s4 = squares[4];
    for (int i = 0; i < base.length; i++) {
      base[i] = K + SCALE * (s0[i] + s1[i] + s2[i] + s3[i] + s4[i]);
    }
  }

  /** y = x / b^¾, by two square roots. */
  static void normalize(float[] x, float[][] squares, float[] y) {
    float[] s0 = squares[0];
    float[] s1 = squares[1];
    float[] s2 = squares[2];
    float[] s3 = squares[3];
    float[] s4 = squares[4];
    for (int i = 0; i < y.length; i++) {
      float base = K + SCALE * (s0[i] + s1[i] + s2[i] + s3[i] + s4[i]);
      float root = (float) Math.sqrt(base);
      y[i] = x[i] / (root * (float) Math.sqrt(root));
    }
  }

  static void largest(float[] a, float[] b, float[] c, float[] largest) {
    for (int i = 0; i < largest.length; i++) {
      largest[i] = Math.max(Math.max(a[i], b[i]), c[i]);
    }
  }

  /**
   * How many places come before the first that holds the largest value, from the first of these two
   * on: none if it is that, else one more than from the second one on.
   */
  static void placesBefore(float[] first, float[] second, float[] largest, float[] places) {
    for (int i = 0; i < places.length; i++) {
      float notFirst = Math.min((largest[i] - first[i]) * HUGE * HUGE, 1f);
      float notSecond = Math.min((largest[i] - second[i]) * HUGE * HUGE, 1f);
      places[i] = notFirst * (1f + notSecond * (1f + places[i]));
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
      float b = base[i];
      float root = (float) Math.sqrt(b);
      float overBase = dy[i] / (b * root * (float) Math.sqrt(root));
      dy[i] = overBase * b;
      t[i] = overBase * x[i];
    }
  }

  /** From e to ∂L/∂x, in its place. */
  static void gradient(float[] x, float[][] t, float[] e) {
    float[] t0 = t[0];
    float[] t1 = t[1];
    float[] t2 = t[2];
    float[] t3 = t[3];
    float[] t4 = t[4];
    for (int i = 0; i < e.length; i++) {
      e[i] -= SLOPE * x[i] * (t0[i] + t1[i] + t2[i] + t3[i] + t4[i]);
    }
  }
}
