package dev.millrace.inference.upload;

import dev.millrace.images.DecodedImage;
import dev.millrace.images.ImageDecoder;
import dev.millrace.inference.upload.UnusableUploadException.Kind;
import dev.millrace.protocol.stream.Minibatch;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The bytes of one picture. The first bytes decide whether it is a PNG or a JPEG. The content type
 * only decides whether other bytes are raw pixels.
 */
final class UploadedPicture {
  private static final String RAW = "application/octet-stream";

  /**
   * Content types that say nothing, since HTTP clients set them by default; curl sets the last one.
   */
  private static final Set<String> UNSPECIFIC =
      Set.of(
          "",
          "*/*",
          RAW,
          "binary/octet-stream",
          "application/binary",
          "application/x-binary",
          "application/x-www-form-urlencoded");

  private static final List<byte[]> SIGNATURES =
      List.of(HexFormat.of().parseHex("89504e470d0a1a0a"), HexFormat.of().parseHex("ffd8ff"));

  private UploadedPicture() {}

  /**
   * Decodes the picture.
   *
   * @param declared the content type as received; null if there is none
   * @throws UnusableUploadException if there is no picture in the bytes
   * @throws dev.millrace.images.UnusableImageException if the picture cannot be used
   */
  static DecodedImage decode(byte[] content, String declared) {
    if (content.length == 0) {
      throw new UnusableUploadException(
          Kind.EMPTY, "no image was sent; send a PNG, a JPEG or 3072 raw bytes");
    }
    if (isPicture(content)) {
      return ImageDecoder.decode(content, "image/png"); // decodes JPEG too
    }
    if (isRaw(content, declared)) {
      return ImageDecoder.decode(content, RAW);
    }
    throw ForeignFormat.of(content)
        .map(format -> new UnusableUploadException(Kind.UNSUPPORTED_TYPE, format.message()))
        .orElseGet(() -> unknown(content, declared));
  }

  static boolean isPicture(byte[] content) {
    return SIGNATURES.stream()
        .anyMatch(
            signature ->
                content.length >= signature.length
                    && Arrays.equals(signature, Arrays.copyOf(content, signature.length)));
  }

  /** Returns whether the bytes are raw pixels, which need no decoding. */
  static boolean isRaw(byte[] content, String declared) {
    return content.length == Minibatch.IMAGE_BYTES
        && UNSPECIFIC.contains(mediaType(declared))
        && !isPicture(content);
  }

  private static UnusableUploadException unknown(byte[] content, String declared) {
    String type = mediaType(declared);
    if (UNSPECIFIC.contains(type)) {
      return new UnusableUploadException(
          Kind.UNREADABLE,
          "the bytes are neither a PNG nor a JPEG; raw pixels must be exactly %d bytes (32x32 as planes of red, green, blue), and these are %d"
              .formatted(Minibatch.IMAGE_BYTES, content.length));
    }
    return type.startsWith("image/")
        ? new UnusableUploadException(
            Kind.UNREADABLE,
            "declared %s, but the bytes are neither a PNG nor a JPEG".formatted(type))
        : new UnusableUploadException(
            Kind.UNSUPPORTED_TYPE,
            "content type '%s', and the bytes are neither a PNG nor a JPEG; send a picture, or 3072 raw bytes as %s"
                .formatted(type, RAW));
  }

  private static String mediaType(String declared) {
    return declared == null ? "" : declared.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }
}
