package dev.millrace.inference.serving;

import dev.millrace.protocol.stream.Minibatch;
import java.nio.ByteBuffer;

/**
 * One or more images of 3 × 32 × 32 pixels, RGB planes, row-major. The pixels are not copied and
 * must not change until the images are answered.
 */
public sealed interface Images {
  /** Returns the number of images, at least 1. */
  int count();

  /** Appends all pixels as bytes, or as floats in native byte order. */
  void put(ByteBuffer target, PixelType type);

  /** Returns the smallest type that holds the pixels without loss. */
  PixelType type();

  /** The type in which a pixel's value, 0 to 255, is stored. */
  enum PixelType {
    UINT8(1),
    FLOAT32(Float.BYTES);

    private final int bytes;

    PixelType(int bytes) {
      this.bytes = bytes;
    }

    /** Returns the bytes of one image. */
    int imageBytes() {
      return bytes * Minibatch.IMAGE_BYTES;
    }
  }

  /** Wraps pixels of one byte each. */
  static Images of(byte[] pixels) {
    return new Bytes(count(pixels.length), pixels);
  }

  /**
   * Wraps pixels that may have fractions.
   *
   * @param pixels each from 0 to 255
   */
  static Images of(float[] pixels) {
    return new Floats(count(pixels.length), pixels);
  }

  private static int count(int pixels) {
    if (pixels == 0 || pixels % Minibatch.IMAGE_BYTES != 0) {
      throw new IllegalArgumentException(
          "%d pixels are no whole number of images of %d".formatted(pixels, Minibatch.IMAGE_BYTES));
    }
    return pixels / Minibatch.IMAGE_BYTES;
  }

  /** See {@link #of(byte[])}. */
  record Bytes(int count, byte[] pixels) implements Images {
    @Override
    public PixelType type() {
      return PixelType.UINT8;
    }

    @Override
    public void put(ByteBuffer target, PixelType type) {
      if (type == PixelType.UINT8) {
        target.put(pixels);
        return;
      }
      for (byte pixel : pixels) {
        target.putFloat(pixel & 255);
      }
    }
  }

  /** See {@link #of(float[])}. */
  record Floats(int count, float[] pixels) implements Images {
    @Override
    public PixelType type() {
      return PixelType.FLOAT32;
    }

    @Override
    public void put(ByteBuffer target, PixelType type) {
      if (type != PixelType.FLOAT32) {
        throw new IllegalArgumentException("floats do not fit into " + type);
      }
      for (float pixel : pixels) {
        target.putFloat(pixel);
      }
    }
  }
}
