package dev.millrace.protocol.image;

import dev.millrace.protocol.image.UnusableImageException.Kind;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** The formats that are decoded, told apart by their first bytes. */
enum ImageFormat {
  PNG("89504e470d0a1a0a") {
    /**
     * Walks the chunks: 4 bytes length, 4 type, data, 4 checksum. The JDK's reader allocates what a
     * length says before it finds the data missing.
     */
    @Override
    void checkStructure(byte[] content) {
      ByteBuffer chunks = ByteBuffer.wrap(content).position(8);
      while (chunks.remaining() >= 12) {
        long length = chunks.getInt() & 0xffffffffL;
        int type = chunks.getInt();
        if (length > chunks.remaining() - 4) {
          break;
        }
        if (type == IEND) {
          return;
        }
        chunks.position(chunks.position() + (int) length + 4);
      }
      throw new UnusableImageException(
          Kind.UNREADABLE,
          "the PNG is damaged: it ends after %d bytes, inside a chunk".formatted(content.length));
    }
  },
  JPEG("ffd8ff");

  private static final int IEND = 0x49454e44;

  private final byte[] signature;

  ImageFormat(String signature) {
    this.signature = HexFormat.of().parseHex(signature);
  }

  /**
   * @throws UnusableImageException if lengths inside the file point outside of it
   */
  void checkStructure(byte[] content) {}

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
