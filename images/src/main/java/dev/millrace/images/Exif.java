package dev.millrace.images;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A reader for the orientation in EXIF data, a TIFF structure that JPEG and PNG files can contain.
 */
final class Exif {
  /** Orientation of a picture that is displayed as it is stored. */
  static final int UPRIGHT = 1;

  private static final int HEADER_BYTES = 8;
  private static final int ENTRY_BYTES = 12;
  private static final int ORIENTATION_TAG = 0x0112;

  private Exif() {}

  /**
   * Returns the orientation, 1 to 8, or {@link #UPRIGHT} if the data is damaged or contains none.
   * EXIF data is metadata: damaged EXIF data does not make a picture unusable.
   *
   * @param tiff begins with {@code II} or {@code MM}
   */
  static int orientation(ByteBuffer tiff) {
    if (tiff.remaining() < HEADER_BYTES) {
      return UPRIGHT;
    }
    ByteBuffer data = tiff.slice();
    data.order(data.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int directory = data.getInt(4);
    if (directory < HEADER_BYTES || directory > data.limit() - 2) {
      return UPRIGHT;
    }
    int entries = data.getShort(directory) & 0xffff;
    int first = directory + 2;
    for (int i = 0; i < entries && first + ENTRY_BYTES * (i + 1) <= data.limit(); i++) {
      int entry = first + ENTRY_BYTES * i;
      if ((data.getShort(entry) & 0xffff) == ORIENTATION_TAG) {
        int value = data.getShort(entry + 8) & 0xffff;
        return value >= 1 && value <= 8 ? value : UPRIGHT;
      }
    }
    return UPRIGHT;
  }
}
