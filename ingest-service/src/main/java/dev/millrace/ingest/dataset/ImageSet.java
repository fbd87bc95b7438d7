package dev.millrace.ingest.dataset;

import dev.millrace.protocol.stream.Minibatch;

/** Labelled images in an order. Immutable by convention: nobody writes the arrays. */
public final class ImageSet {
  private static final ImageSet EMPTY = new ImageSet(new byte[0], new int[0]);

  private final Pixels pixels;
  private final int[] places;
  private final int[] labels;

  /**
   * ImageArrays in memory.
   *
   * @param pixels size × (3,32,32) bytes, RGB planes, row-major
   * @param labels class indices
   */
  public ImageSet(byte[] pixels, int[] labels) {
    this(Pixels.of(pixels), null, labels);
    if (pixels.length != labels.length * Minibatch.IMAGE_BYTES) {
      throw new IllegalArgumentException(
          "%d labels but %d bytes of pixels".formatted(labels.length, pixels.length));
    }
  }

  /**
   * Some of the images that are kept somewhere.
   *
   * @param places of each image among them; null if they are just these
   * @param labels class indices
   */
  public ImageSet(Pixels pixels, int[] places, int[] labels) {
    this.pixels = pixels;
    this.places = places;
    this.labels = labels;
  }

  public static ImageSet empty() {
    return EMPTY;
  }

  /** How many images. */
  public int size() {
    return labels.length;
  }

  /** The class index of an image. */
  public int label(int image) {
    return labels[image];
  }

  /** Writes an image's (3,32,32) bytes into an array, from {@code at} on. */
  public void copy(int image, byte[] to, int at) {
    pixels.copy(places == null ? image : places[image], to, at);
  }
}
