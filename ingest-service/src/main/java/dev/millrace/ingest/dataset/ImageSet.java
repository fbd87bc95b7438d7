package dev.millrace.ingest.dataset;

import dev.millrace.protocol.stream.Minibatch;

/** Labelled images in a fixed order. Immutable, as long as callers do not write to the arrays. */
public final class ImageSet {
  private static final ImageSet EMPTY = new ImageSet(new byte[0], new int[0]);

  private final Pixels pixels;
  private final int[] places;
  private final int[] labels;

  /**
   * Creates a set of images that are in the heap.
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
   * Creates a set of some of the stored images.
   *
   * @param places the index of each image among the stored ones; null for all images in order
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

  /** Returns the number of images. */
  public int size() {
    return labels.length;
  }

  /** Returns the class index of an image. */
  public int label(int image) {
    return labels[image];
  }

  /** Copies an image's (3,32,32) bytes into an array, starting at {@code at}. */
  public void copy(int image, byte[] to, int at) {
    pixels.copy(places == null ? image : places[image], to, at);
  }
}
