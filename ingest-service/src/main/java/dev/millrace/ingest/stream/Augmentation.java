package dev.millrace.ingest.stream;

import dev.millrace.protocol.Minibatch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Pad by 4 black pixels, crop 32x32 at a random place, mirror half of the images. Rows are copied;
 * no padded image is ever made.
 */
final class Augmentation {
  /** Changes whenever the bytes would; part of the stream's identity. */
  static final String VERSION = "pad4-crop32-flip/1";

  private static final int PAD = 4;
  private static final int SIDE = Minibatch.WIDTH;
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private Augmentation() {}

  /**
   * Writes one augmented image.
   *
   * @param random decides the crop and the flip
   */
  static void apply(CounterRandom random, byte[] from, int fromAt, byte[] to, int toAt) {
    int dx = random.nextInt(2 * PAD + 1) - PAD;
    int dy = random.nextInt(2 * PAD + 1) - PAD;
    boolean flip = random.nextInt(2) == 1;
    int firstColumn = Math.max(0, -dx);
    int columns = SIDE - Math.abs(dx);
    for (int plane = 0; plane < Minibatch.CHANNELS; plane++) {
      for (int row = 0; row < SIDE; row++) {
        int target = toAt + (plane * SIDE + row) * SIDE;
        int sourceRow = row + dy;
        if (sourceRow < 0 || sourceRow >= SIDE) {
          Arrays.fill(to, target, target + SIDE, (byte) 0);
          continue;
        }
        int source = fromAt + (plane * SIDE + sourceRow) * SIDE + firstColumn + dx;
        Arrays.fill(to, target, target + firstColumn, (byte) 0);
        System.arraycopy(from, source, to, target + firstColumn, columns);
        Arrays.fill(to, target + firstColumn + columns, target + SIDE, (byte) 0);
        if (flip) {
          mirror(to, target);
        }
      }
    }
  }

  /** Eight pixels at a time: the reversed words of a row, in reverse. */
  private static void mirror(byte[] pixels, int at) {
    for (int left = at, right = at + SIDE - Long.BYTES; left < right; ) {
      long swapped = Long.reverseBytes((long) WORDS.get(pixels, left));
      WORDS.set(pixels, left, Long.reverseBytes((long) WORDS.get(pixels, right)));
      WORDS.set(pixels, right, swapped);
      left += Long.BYTES;
      right -= Long.BYTES;
    }
  }
}
