package dev.millrace.images;

import dev.millrace.images.UnusableImageException.Kind;

/** The entropy-coded data of a JPEG's scan. */
final class JpegScan {
  static final int FIRST_RESTART = 0xd0;
  private static final int LAST_RESTART = 0xd7;

  private JpegScan() {}

  /**
   * Finds the marker after a scan. Within a scan, each data byte of 255 is followed by 0, and
   * restart markers count cyclically from 0 to 7. If a restart marker is missing, part of the
   * picture is missing too.
   *
   * @param begin index of the first data byte
   * @throws UnusableImageException if a restart marker or the end of the scan is missing
   */
  static int end(byte[] file, int begin) {
    int restarts = 0;
    for (int i = begin; i + 1 < file.length; i++) {
      int marker = file[i + 1] & 255;
      if ((file[i] & 255) != 255 || marker == 0 || marker == 255) {
        continue;
      }
      if (marker < FIRST_RESTART || marker > LAST_RESTART) {
        return i;
      }
      if (marker - FIRST_RESTART != restarts++ % 8) {
        throw new UnusableImageException(
            Kind.UNREADABLE,
            "the JPEG is damaged: its restart marker %d is missing".formatted(restarts - 1));
      }
    }
    throw truncated(file);
  }

  /** Returns the exception to throw for a file that ends before its picture. */
  static UnusableImageException truncated(byte[] file) {
    return new UnusableImageException(
        Kind.UNREADABLE,
        "the JPEG is damaged: it is truncated after %d bytes".formatted(file.length));
  }
}
