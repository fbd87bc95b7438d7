package dev.millrace.protocol.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a JPEG says of itself before its picture begins, as far as the JDK's reader passes it over.
 *
 * <pre>
 * ff d8                                    begin
 * ff e1 length(2) "Exif" 0 0 TIFF          a segment; in the TIFF, tag 0x0112 is the orientation
 * ff c0 length(2) bits height(2) width(2) components
 * </pre>
 *
 * @param orientation EXIF's, 1 to 8; 1 if it is not said
 * @param components colours a pixel; 0 if no frame was found
 */
record JpegHeader(int orientation, int components) {
  private static final int UPRIGHT = 1;
  private static final int EXIF = 0xe1;
  private static final int SCAN = 0xda;
  private static final int ORIENTATION_TAG = 0x0112;

  /** Whatever is damaged is passed over; the reader of the picture will say so. */
  static JpegHeader read(byte[] content) {
    ByteBuffer jpeg = ByteBuffer.wrap(content).position(2);
    int orientation = UPRIGHT;
    while (jpeg.remaining() >= 4 && (jpeg.get() & 255) == 255) {
      int marker = jpeg.get() & 255;
      if (marker == 255) {
        jpeg.position(jpeg.position() - 1);
        continue;
      }
      int length = (jpeg.getShort() & 0xffff) - 2;
      if (marker == SCAN || length < 0 || length > jpeg.remaining()) {
        break;
      }
      ByteBuffer segment = jpeg.slice(jpeg.position(), length);
      if (isFrame(marker) && length >= 6) {
        return new JpegHeader(orientation, segment.get(5) & 255);
      }
      if (marker == EXIF) {
        orientation = orientation(segment, orientation);
      }
      jpeg.position(jpeg.position() + length);
    }
    return new JpegHeader(orientation, 0);
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  private static int orientation(ByteBuffer segment, int otherwise) {
    if (segment.remaining() < 14 || segment.getInt(0) != 0x45786966) { // "Exif"
      return otherwise;
    }
    ByteBuffer tiff = segment.slice(6, segment.remaining() - 6);
    tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int directory = tiff.getInt(4);
    if (directory < 8 || directory > tiff.limit() - 2) {
      return otherwise;
    }
    int entries = tiff.getShort(directory) & 0xffff;
    for (int i = 0; i < entries && directory + 2 + 12 * (i + 1) <= tiff.limit(); i++) {
      int entry = directory + 2 + 12 * i;
      if ((tiff.getShort(entry) & 0xffff) == ORIENTATION_TAG) {
        int value = tiff.getShort(entry + 8) & 0xffff;
        return value >= 1 && value <= 8 ? value : otherwise;
      }
    }
    return otherwise;
  }
}
