package dev.millrace.inference.http.body;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/** The content encodings of request bodies. */
enum ContentEncoding {
  IDENTITY,
  GZIP,
  /** As RFC 9110 defines it, with the header of zlib. */
  DEFLATE;

  /**
   * Parses the header.
   *
   * @param headers the values of {@code Content-Encoding}
   * @return empty for unsupported encodings, including combinations
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
   * Returns a stream of the decoded body.
   *
   * @throws IOException here or from the stream if the body is not encoded in this way
   */
  InputStream inflating(InputStream body) throws IOException {
    return switch (this) {
      case IDENTITY -> body;
      case GZIP -> new GZIPInputStream(body);
      case DEFLATE -> new InflaterInputStream(body);
    };
  }
}
