package dev.millrace.ingest.dataset;

import dev.millrace.protocol.stream.Minibatch;
import java.util.stream.IntStream;

/** Returns the contents of an image set as arrays. */
public final class ImageArrays {
  private ImageArrays() {}

  public static byte[] pixels(ImageSet images, int image) {
    byte[] pixels = new byte[Minibatch.IMAGE_BYTES];
    images.copy(image, pixels, 0);
    return pixels;
  }

  public static byte[] pixels(ImageSet images) {
    byte[] pixels = new byte[images.size() * Minibatch.IMAGE_BYTES];
    for (int i = 0; i < images.size(); i++) {
      images.copy(i, pixels, i * Minibatch.IMAGE_BYTES);
    }
    return pixels;
  }

  public static int[] labels(ImageSet images) {
    return IntStream.range(0, images.size()).map(images::label).toArray();
  }
}
