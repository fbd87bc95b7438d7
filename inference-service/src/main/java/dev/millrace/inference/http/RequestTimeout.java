package dev.millrace.inference.http;

import jakarta.ws.rs.BadRequestException;
import java.time.Duration;
import java.util.Optional;

/** Parses the header that says how long an HTTP client waits for its answer. */
public final class RequestTimeout {
  public static final String HEADER = "X-Request-Timeout-Ms";

  private static final long MAX_MILLIS = Duration.ofDays(1).toMillis();

  private RequestTimeout() {}

  /**
   * Parses the header.
   *
   * @param header null if there is none
   */
  public static Optional<Duration> parse(String header) {
    if (header == null) {
      return Optional.empty();
    }
    try {
      long millis = Long.parseLong(header.strip());
      if (millis >= 1) {
        return Optional.of(Duration.ofMillis(Math.min(millis, MAX_MILLIS)));
      }
    } catch (NumberFormatException e) {
      throw new BadRequestException(wrong(header), e);
    }
    throw new BadRequestException(wrong(header));
  }

  private static String wrong(String header) {
    return "%s is '%s'; it must be a whole number of milliseconds, at least 1"
        .formatted(HEADER, header);
  }
}
