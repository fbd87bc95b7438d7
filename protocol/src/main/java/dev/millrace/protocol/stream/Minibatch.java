package dev.millrace.protocol.stream;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Images and their labels. The pixels are bytes, as on Kafka.
 *
 * @param images size × 3 × 32 × 32 bytes, RGB planes, row-major
 * @param labels class indices, one per image, each in [0, classes)
 */
public record Minibatch(ByteBuffer images, long[] labels) {
  public static final int CHANNELS = 3;
  public static final int HEIGHT = 32;
  public static final int WIDTH = 32;
  public static final int IMAGE_BYTES = CHANNELS * HEIGHT * WIDTH;

  public Minibatch {
    if (images.remaining() != labels.length * IMAGE_BYTES) {
      throw new IllegalArgumentException(
          "%d labels need %d bytes of images; found %d"
              .formatted(labels.length, labels.length * IMAGE_BYTES, images.remaining()));
    }
  }

  /** Returns a new view of the pixels, positioned at their start. */
  @Override
  public ByteBuffer images() {
    return images.slice();
  }

  /**
   * Returns a range of the images with their labels. The pixels share the memory of this minibatch.
   */
  public Minibatch part(int first, int count) {
    return new Minibatch(
        images.slice(images.position() + first * IMAGE_BYTES, count * IMAGE_BYTES),
        Arrays.copyOfRange(labels, first, first + count));
  }

  /** Returns the number of images. */
  public int size() {
    return labels.length;
  }
}
