package dev.millrace.images;

/**
 * A picture's file without what the picture does not need. The JDK's readers then meet no metadata
 * that could confuse them.
 */
interface PictureFile {
  ImageFormat format();

  /** The bytes to decode. */
  byte[] content();

  /** EXIF's orientation, 1 to 8. */
  int orientation();
}
