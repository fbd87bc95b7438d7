package dev.millrace.images;

import dev.millrace.images.UnusableImageException.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * A PNG reduced to the chunks that contain its pixels. Ancillary chunks are metadata; like libpng,
 * this class ignores damaged ones. Checking the chunks also protects the JDK's reader, which
 * allocates the declared length of a chunk before it detects that data is missing.
 *
 * <pre>
 * 89 "PNG" 0d 0a 1a 0a                     signature
 * length(4) type(4) data(length) crc(4)    a chunk; a lower-case first letter: ancillary
 * </pre>
 */
record PngFile(byte[] content, int orientation) implements PictureFile {
  private static final int SIGNATURE_BYTES = 8;
  private static final int CHUNK_BYTES = 12;
  private static final int IHDR = 0x49484452;
  private static final int PLTE = 0x504c5445;
  private static final int IDAT = 0x49444154;
  private static final int IEND = 0x49454e44;
  private static final int TRNS = 0x74524e53;
  private static final int EXIF = 0x65584966;
  private static final int ANCILLARY = 0x20000000;

  @Override
  public ImageFormat format() {
    return ImageFormat.PNG;
  }

  /**
   * Reads the chunks of a file.
   *
   * @param file begins with the PNG signature
   * @throws UnusableImageException if a chunk that the pixels need is damaged or missing
   */
  static PngFile read(byte[] file) {
    ByteArrayOutputStream kept = new ByteArrayOutputStream(file.length);
    kept.write(file, 0, SIGNATURE_BYTES);
    ByteBuffer chunks = ByteBuffer.wrap(file).position(SIGNATURE_BYTES);
    int orientation = Exif.UPRIGHT;
    boolean pixels = false;
    while (chunks.remaining() >= CHUNK_BYTES) {
      int at = chunks.position();
      long length = chunks.getInt() & 0xffffffffL;
      int type = chunks.getInt();
      if (type == IEND) {
        break;
      }
      if (length > chunks.remaining() - 4) {
        // No pixels are missing from a file that ends after its last pixel.
        pixels &= type != IDAT;
        break;
      }
      int bytes = CHUNK_BYTES + (int) length;
      boolean whole = isWhole(chunks.slice(at + 4, bytes - 4));
      if (isNeeded(file, at, type, whole)) {
        kept.write(file, at, bytes);
      } else if (type == EXIF && whole) {
        orientation = Exif.orientation(chunks.slice(at + 8, (int) length));
      }
      pixels |= type == IDAT;
      chunks.position(at + bytes);
    }
    if (!pixels) {
      throw damaged("it is truncated after %d bytes".formatted(file.length));
    }
    kept.writeBytes(end());
    return new PngFile(kept.toByteArray(), orientation);
  }

  /**
   * Returns whether a chunk is needed to decode the pixels. Chunks of pixels are needed even if
   * their checksum is wrong: the pixels have their own checksum, which the decoder verifies.
   */
  private static boolean isNeeded(byte[] file, int at, int type, boolean whole) {
    if (type == IDAT || type == TRNS) {
      return type == IDAT || whole;
    }
    if ((type & ANCILLARY) != 0) {
      return false;
    }
    String name = new String(file, at + 4, 4, StandardCharsets.ISO_8859_1);
    if (type != IHDR && type != PLTE) {
      throw damaged("its critical chunk %s is unknown".formatted(name));
    }
    if (!whole) {
      throw damaged("the checksum of its chunk %s is wrong".formatted(name));
    }
    return true;
  }

  /**
   * Returns whether the checksum of a chunk is correct.
   *
   * @param chunk the chunk from its type to its checksum, both inclusive
   */
  private static boolean isWhole(ByteBuffer chunk) {
    CRC32 crc = new CRC32();
    int summed = chunk.limit() - 4;
    crc.update(chunk.slice(0, summed));
    return chunk.getInt(summed) == (int) crc.getValue();
  }

  private static byte[] end() {
    CRC32 crc = new CRC32();
    crc.update(ByteBuffer.allocate(4).putInt(IEND).flip());
    return ByteBuffer.allocate(CHUNK_BYTES)
        .putInt(0)
        .putInt(IEND)
        .putInt((int) crc.getValue())
        .array();
  }

  private static UnusableImageException damaged(String why) {
    return new UnusableImageException(Kind.UNREADABLE, "the PNG is damaged: " + why);
  }
}
