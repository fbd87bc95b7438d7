package dev.millrace.ingest.dataset;

import dev.millrace.protocol.stream.Minibatch;

/** Decoded images, wherever they are kept. */
public interface Pixels {
  /**
   * Copies one image.
   *
   * @param to receives {@link Minibatch#IMAGE_BYTES} bytes from {@code at} on
   */
  void copy(int image, byte[] to, int at);

  /** ImageArrays one behind the other in an array. */
  static Pixels of(byte[] pixels) {
    return (image, to, at) ->
        System.arraycopy(pixels, image * Minibatch.IMAGE_BYTES, to, at, Minibatch.IMAGE_BYTES);
  }
}
