package dev.millrace.images;

import dev.millrace.protocol.stream.Minibatch;
import java.util.ArrayList;
import java.util.List;

/**
 * Rotation and mirroring of images according to the EXIF orientation. This happens after resizing:
 * the average over rows and columns is the same in either order, because the result is square.
 */
final class Orientation {
  private static final int SIDE = Minibatch.WIDTH;
  private static final int LAST = SIDE - 1;

  private Orientation() {}

  /**
   * Turns an image upright.
   *
   * @param orientation the EXIF orientation, 1 to 8
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
    notes.add("rotated by its EXIF orientation " + orientation);
    return new DecodedImage(turned, notes);
  }

  /**
   * Returns the index in the source plane of the pixel for column x and row y of the upright image.
   */
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
