package dev.millrace.ingest.stream;

import dev.millrace.protocol.stream.Minibatch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Augments images: pads by 4 black pixels, crops 32x32 at a random place, and mirrors half of the
 * images. The padded image is never made. Works on eight pixels at a time, since loops over single
 * bytes reach less than half of the rate.
 */
final class Augmentation {
  /** Part of the stream's identity. Change it whenever the augmented bytes change. */
  static final String VERSION = "pad4-crop32-flip/1";

  private static final int PAD = 4;
  private static final int SIDE = Minibatch.WIDTH;
  private static final int PLANE = SIDE * SIDE;

  /** A row is four words. In little-endian order the leftmost pixel is a word's lowest byte. */
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Augmentation() {}

  /**
   * Writes one augmented image of (3,32,32) bytes.
   *
   * @param random decides the crop and the flip
   */
  static void apply(CounterRandom random, byte[] from, int fromAt, byte[] to, int toAt) {
    int dx = random.nextInt(2 * PAD + 1) - PAD;
    int dy = random.nextInt(2 * PAD + 1) - PAD;
    boolean flip = random.nextInt(2) == 1;
    for (int plane = 0; plane < Minibatch.CHANNELS; plane++) {
      crop(dx, dy, from, fromAt + plane * PLANE, to, toAt + plane * PLANE);
      if (flip) {
        mirror(to, toAt + plane * PLANE);
      }
    }
  }

  /**
   * Copies the window in one piece, since rows are contiguous in both images. Pixels of
   * neighbouring rows end up in the place of the padding, and are then set to black.
   */
  private static void crop(int dx, int dy, byte[] from, int fromAt, byte[] to, int toAt) {
    int firstRow = Math.max(0, -dy);
    int lastRow = SIDE - Math.max(0, dy);
    int source = fromAt + (firstRow + dy) * SIDE + Math.max(0, dx);
    int begin = toAt + firstRow * SIDE;
    int end = toAt + lastRow * SIDE;
    int length = end - begin - Math.abs(dx);
    Arrays.fill(to, toAt, begin, (byte) 0);
    System.arraycopy(from, source, to, begin + Math.max(0, -dx), length);
    Arrays.fill(to, end, toAt + PLANE, (byte) 0);
    if (dx < 0) {
      blacken(to, begin, end, -1L << (-dx * Byte.SIZE));
    } else if (dx > 0) {
      blacken(to, begin + SIDE - Long.BYTES, end, -1L >>> (dx * Byte.SIZE));
    }
  }

  /** Sets the pixels outside of a mask to black, in one word of each row. */
  private static void blacken(byte[] pixels, int begin, int end, long kept) {
    for (int at = begin; at < end; at += SIDE) {
      WORDS.set(pixels, at, (long) WORDS.get(pixels, at) & kept);
    }
  }

  /** Mirrors each row: reverses the bytes of its words and the order of the words. */
  private static void mirror(byte[] pixels, int plane) {
    for (int at = plane; at < plane + PLANE; at += SIDE) {
      long a = (long) WORDS.get(pixels, at);
      long b = (long) WORDS.get(pixels, at + 8);
      long c = (long) WORDS.get(pixels, at + 16);
      long d = (long) WORDS.get(pixels, at + 24);
      WORDS.set(pixels, at, Long.reverseBytes(d));
      WORDS.set(pixels, at + 8, Long.reverseBytes(c));
      WORDS.set(pixels, at + 16, Long.reverseBytes(b));
      WORDS.set(pixels, at + 24, Long.reverseBytes(a));
    }
  }
}
