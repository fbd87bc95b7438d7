package dev.millrace.images;

import java.util.List;

/**
 * An image as the network takes it.
 *
 * @param pixels 3 × 32 × 32 bytes, RGB planes, row-major
 * @param notes what was done to the image that its sender may not expect; often empty
 */
public record DecodedImage(byte[] pixels, List<String> notes) {
  public DecodedImage {
    notes = List.copyOf(notes);
  }
}
