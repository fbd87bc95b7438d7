package dev.millrace.images;

import dev.millrace.protocol.stream.Minibatch;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns an image as its camera was held. It is done after the shrinking: averaging over rows and
 * columns gives the same either way, for the result is square.
 */
final class Orientation {
  private static final int SIDE = Minibatch.WIDTH;
  private static final int LAST = SIDE - 1;

  private Orientation() {}

  /**
   * @param orientation EXIF's, 1 to 8
   */
  static DecodedImage upright(DecodedImage image, int orientation) {
    if (orientation == 1) {
      return image;
    }
    byte[] pixels = image.pixels();
    byte[] turned = new byte[pixels.length];
    for (int i = 0; i < turned.length; i++) {
      int plane = i / (SIDE * SIDE) * SIDE * SIDE;
      turned[i] = pixels[plane + source(i % SIDE, i / SIDE % SIDE, orientation)];
    }
    List<String> notes = new ArrayList<>(image.notes());
    notes.add("turned upright as its EXIF orientation " + orientation + " says");
    return new DecodedImage(turned, notes);
  }

  /** Where the pixel that belongs at column x and row y stands in its plane. */
  private static int source(int x, int y, int orientation) {
    return switch (orientation) {
      case 2 -> at(LAST - x, y);
      case 3 -> at(LAST - x, LAST - y);
      case 4 -> at(x, LAST - y);
      case 5 -> at(y, x);
      case 6 -> at(y, LAST - x);
      case 7 -> at(LAST - y, LAST - x);
      case 8 -> at(LAST - y, x);
      default -> throw new IllegalArgumentException("orientation " + orientation);
    };
  }

  private static int at(int x, int y) {
    return y * SIDE + x;
  }
}
