package dev.millrace.inference.http.body;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/** How a request's body may be compressed. */
enum ContentEncoding {
  IDENTITY,
  GZIP,
  /** RFC 9110's: with the header of zlib. */
  DEFLATE;

  /** For {@code Accept-Encoding} in an answer. */
  static final String COMPRESSIONS = "gzip, deflate";

  /**
   * @param headers the values of {@code Content-Encoding}
   * @return empty for those that are not taken, several after each other included
   */
  static Optional<ContentEncoding> of(List<String> headers) {
    return switch (String.join(",", headers).strip().toLowerCase(Locale.ROOT)) {
      case "", "identity" -> Optional.of(IDENTITY);
      case "gzip", "x-gzip" -> Optional.of(GZIP);
      case "deflate" -> Optional.of(DEFLATE);
      default -> Optional.empty();
    };
  }

  /**
   * @throws IOException here or from the stream if the bytes are not so compressed
   */
  InputStream inflating(InputStream body) throws IOException {
    return switch (this) {
      case IDENTITY -> body;
      case GZIP -> new GZIPInputStream(body);
      case DEFLATE -> new InflaterInputStream(body);
    };
  }
}
