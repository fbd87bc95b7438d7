package dev.millrace.images;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** The supported image formats, recognised by their first bytes. */
enum ImageFormat {
  PNG("89504e470d0a1a0a") {
    @Override
    PictureFile read(byte[] content) {
      return PngFile.read(content);
    }
  },
  JPEG("ffd8ff") {
    @Override
    PictureFile read(byte[] content) {
      return JpegFile.read(content);
    }
  };

  private final byte[] signature;

  ImageFormat(String signature) {
    this.signature = HexFormat.of().parseHex(signature);
  }

  /**
   * Reads the structure of a file.
   *
   * @throws UnusableImageException if the structure is damaged
   */
  abstract PictureFile read(byte[] content);

  /** Returns the format of a file, or empty if the format is not supported. */
  static Optional<ImageFormat> of(byte[] content) {
    return Arrays.stream(values())
        .filter(
            format ->
                content.length > format.signature.length
                    && Arrays.equals(
                        format.signature, Arrays.copyOf(content, format.signature.length)))
        .findFirst();
  }
}
