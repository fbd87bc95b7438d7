package dev.millrace.images;

import java.util.List;

/**
 * An image in the input format of the network.
 *
 * @param pixels 3 × 32 × 32 bytes, RGB planes, row-major
 * @param notes changes to the image that its sender may not expect; often empty
 */
public record DecodedImage(byte[] pixels, List<String> notes) {
  public DecodedImage {
    notes = List.copyOf(notes);
  }
}
