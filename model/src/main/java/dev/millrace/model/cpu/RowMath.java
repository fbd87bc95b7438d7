package dev.millrace.model.cpu;

/**
 * The arithmetic of {@link NormPoolKernel} on whole arrays of equal length. Each loop is short, has
 * no branches, and accesses all of its arrays at the same index. The JVM compiles such loops to
 * vector instructions, and hardly any other loops. For sums over channels, the values are passed as
 * {@link LocalResponseNorm#SIZE} arrays, each shifted by a different number of channels.
 */
final class RowMath {
  private static final float SCALE = LocalResponseNorm.ALPHA / LocalResponseNorm.SIZE;
  private static final float K = LocalResponseNorm.K;
  private static final float SLOPE = 2 * SCALE * LocalResponseNorm.BETA;

  /** A factor that makes the smallest positive float greater than one when it is applied twice. */
  private static final float HUGE = 0x1p127f;

  private RowMath() {}

  static void rectify(float[] x, float[] squares) {
    for (int i = 0; i < x.length; i++) {
      float positive = Math.max(x[i], 0f);
      x[i] = positive;
      squares[i] = positive * positive;
    }
  }

  /** Computes b from the squares. */
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

  /** Computes y = x / b^¾ with two square roots. */
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
   * Updates the argmax of each pooling window for two more places, without branches. The places of
   * a window are processed from the last to the first. Before the call, {@code places} counts the
   * places from the one after {@code second} to the first place with the largest value. After the
   * call, it counts them from {@code first}:
   *
   * <pre>
   * places = 0            if first = largest
   *          1            if second = largest and first &lt; largest
   *          2 + places   otherwise
   * </pre>
   */
  static void argmaxOffset(float[] first, float[] second, float[] largest, float[] places) {
    for (int i = 0; i < places.length; i++) {
      float notFirst = Math.min((largest[i] - first[i]) * HUGE * HUGE, 1f);
      float notSecond = Math.min((largest[i] - second[i]) * HUGE * HUGE, 1f);
      places[i] = notFirst * (1f + notSecond * (1f + places[i]));
    }
  }

  /** Sets a place of 0 to the mark where the largest value is 0. */
  static void markZeros(float[] largest, float[] places, float mark) {
    for (int i = 0; i < places.length; i++) {
      float positive = Math.min(largest[i] * HUGE * HUGE, 1f);
      places[i] += (1f - positive) * mark;
    }
  }

  /** Replaces ∂L/∂y by e, and computes t. */
  static void scale(float[] x, float[] base, float[] dy, float[] t) {
    for (int i = 0; i < t.length; i++) {
      float b = base[i];
      float root = (float) Math.sqrt(b);
      float overBase = dy[i] / (b * root * (float) Math.sqrt(root));
      dy[i] = overBase * b;
      t[i] = overBase * x[i];
    }
  }

  /** Replaces e by ∂L/∂x. */
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
