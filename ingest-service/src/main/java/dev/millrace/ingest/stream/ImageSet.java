package dev.millrace.ingest.stream;

import dev.millrace.protocol.Minibatch;

/**
 * Images in memory, 3,072 bytes each.
 *
 * @param pixels size × (3,32,32) bytes, RGB planes, row-major
 * @param labels class indices
 */
public record ImageSet(byte[] pixels, int[] labels) {
  public ImageSet {
    if (pixels.length != labels.length * Minibatch.IMAGE_BYTES) {
      throw new IllegalArgumentException(
          "%d labels but %d bytes of pixels".formatted(labels.length, pixels.length));
    }
  }

  /** How many images. */
  public int size() {
    return labels.length;
  }
}
