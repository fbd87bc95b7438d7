package dev.millrace.testing;

import dev.millrace.protocol.stream.Minibatch;
import java.nio.ByteBuffer;

/**
 * Draws the same weights, images and labels as {@code reference/golden.py}, bit for bit. A stream
 * is a number that identifies a sequence of random bits: MurmurHash3's finaliser of a counter.
 */
public final class GoldenDraws {
  private static final int SQUARE = 8;
  private static final int STEPS = 1 << 23;

  private GoldenDraws() {}

  /** Returns the 32 bits at an index of a stream. */
  public static int bits(int stream, int index) {
    int x = stream * 0x9E3779B9 + index;
    x = (x ^ (x >>> 16)) * 0x85EBCA6B;
    x = (x ^ (x >>> 13)) * 0xC2B2AE35;
    return x ^ (x >>> 16);
  }

  /**
   * Returns the first values of a stream, which are multiples of scale / 2²³ in [-scale, scale).
   *
   * @param stream the stream to draw from
   * @param count number of values
   * @param scale a power of two, so that the values are exact
   */
  public static float[] uniform(int stream, int count, double scale) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (((bits(stream, i) >>> 8) - STEPS) * (scale / STEPS));
    }
    return values;
  }

  /**
   * Returns images that consist of 8x8-pixel squares of one value each, plus noise.
   *
   * @param noise the stream of a value in 0 to 127 for each pixel
   * @param squares the stream of a value in 0 to 127 for each square
   * @param count number of images
   * @return U8 (count,3,32,32)
   */
  static ByteBuffer images(int noise, int squares, int count) {
    ByteBuffer images = ByteBuffer.allocateDirect(count * Minibatch.IMAGE_BYTES);
    for (int plane = 0; plane < count * Minibatch.CHANNELS; plane++) {
      for (int y = 0; y < Minibatch.HEIGHT; y++) {
        for (int x = 0; x < Minibatch.WIDTH; x++) {
          int square = (plane * 4 + y / SQUARE) * 4 + x / SQUARE;
          int pixel = (bits(noise, images.position()) >>> 25) + (bits(squares, square) >>> 25);
          images.put((byte) pixel);
        }
      }
    }
    return images.flip();
  }

  /** Returns labels in [0, classes). */
  static long[] labels(int stream, int count, int classes) {
    long[] labels = new long[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (bits(stream, i) >>> 8) % classes;
    }
    return labels;
  }
}
