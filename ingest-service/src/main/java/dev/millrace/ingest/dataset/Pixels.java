package dev.millrace.ingest.dataset;

import dev.millrace.protocol.stream.Minibatch;

/** Decoded images, in memory or in a file. */
public interface Pixels {
  /**
   * Copies one image.
   *
   * @param to receives {@link Minibatch#IMAGE_BYTES} bytes, starting at {@code at}
   */
  void copy(int image, byte[] to, int at);

  /** Returns the images of an array that holds one after the other. */
  static Pixels of(byte[] pixels) {
    return (image, to, at) ->
        System.arraycopy(pixels, image * Minibatch.IMAGE_BYTES, to, at, Minibatch.IMAGE_BYTES);
  }
}
