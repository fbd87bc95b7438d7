package dev.millrace.images;

/**
 * The file of a picture, reduced to the parts that the picture needs. The JDK's readers then see no
 * metadata that could cause wrong results.
 */
interface PictureFile {
  ImageFormat format();

  /** Returns the bytes to decode. */
  byte[] content();

  /** Returns the EXIF orientation, 1 to 8. */
  int orientation();
}
