package dev.millrace.inference;

import dev.millrace.protocol.Json;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.ws.rs.WebApplicationException;
import java.util.regex.Pattern;

/**
 * What a request may say of its body: a type that is one, and a length that is taken. One that
 * announces more is answered here, before any of it is read for good. What the client sends
 * nevertheless is dropped, up to a bound, so that it sees the answer instead of a broken
 * connection.
 */
@Singleton
final class BodyRules {
  static final int MAX_BYTES = 8 << 20;

  private static final Pattern MEDIA_TYPE =
      Pattern.compile("[\\w!#$&^.+-]+/[\\w!#$&^.+-]+\\s*(;.*)?");

  private static final long DROPPED_AT_MOST = 64L << 20;

  /** Before Quarkus' own limit, whose answer has no body. */
  private static final int PRIORITY = 1000;

  void register(@Observes Filters filters) {
    filters.register(this::accept, PRIORITY);
  }

  /**
   * @throws WebApplicationException if it is too long
   */
  static void check(long bytes) {
    if (bytes > MAX_BYTES) {
      throw new WebApplicationException(tooLong().detail(), tooLong().response().build());
    }
  }

  private void accept(RoutingContext context) {
    MultiMap headers = context.request().headers();
    if (!headers.contains(HttpHeaders.CONTENT_TYPE)) {
      // As RFC 9110 allows; else the router would take such a body for a form.
      headers.set(HttpHeaders.CONTENT_TYPE, "application/octet-stream");
    }
    if (!MEDIA_TYPE.matcher(headers.get(HttpHeaders.CONTENT_TYPE)).matches()) {
      // The router would fail on it.
      refuse(context, notAType(headers.get(HttpHeaders.CONTENT_TYPE)));
      return;
    }
    long announced = announced(headers);
    if (announced <= MAX_BYTES) {
      context.next();
    } else if (announced <= DROPPED_AT_MOST && !headers.contains(HttpHeaders.EXPECT)) {
      context.request().endHandler(end -> refuse(context, tooLong()));
      context.request().handler(dropped -> {});
      context.request().resume();
    } else {
      context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
      refuse(context, tooLong());
    }
  }

  private static long announced(MultiMap headers) {
    String length = headers.get(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      // More digits than a long has.
      return Long.MAX_VALUE;
    }
  }

  private static void refuse(RoutingContext context, Problem problem) {
    context
        .response()
        .setStatusCode(problem.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
        .end(Buffer.buffer(Json.bytes(problem)));
  }

  private static Problem notAType(String contentType) {
    return Problem.of(
        "unsupported-type",
        "Unsupported content type",
        415,
        "content type '%s' is not of the form type/subtype".formatted(contentType));
  }

  private static Problem tooLong() {
    return Problem.of(
        "body-too-large",
        "Body too large",
        413,
        "a body may have at most %d bytes".formatted(MAX_BYTES));
  }
}
