package dev.millrace.inference;

import dev.millrace.protocol.Json;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Answers bodies that are declared too long with a {@link Problem}, where Quarkus' own limit would
 * send an empty answer. What the client sends anyway is read and dropped, up to a bound, so that it
 * sees the answer instead of a broken connection.
 */
@Singleton
final class BodyLimit {
  /** Before Quarkus' limit, which has 2. */
  private static final int PRIORITY = 1000;

  private static final long DROPPED_AT_MOST = 64L << 20;

  private final long limit;

  BodyLimit(@ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize limit) {
    this.limit = limit.asLongValue();
  }

  void register(@Observes Filters filters) {
    filters.register(this::check, PRIORITY);
  }

  private void check(RoutingContext context) {
    long length = declared(context.request());
    if (length <= limit) {
      context.next();
    } else if (length <= DROPPED_AT_MOST
        && !context.request().headers().contains(HttpHeaders.EXPECT)) {
      context.request().endHandler(end -> refuse(context, length));
      context.request().handler(dropped -> {});
      context.request().resume();
    } else {
      context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
      refuse(context, length);
    }
  }

  private static long declared(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      // Netty refuses such requests before they come here.
      return 0;
    }
  }

  private void refuse(RoutingContext context, long length) {
    Problem problem =
        Problem.of(
            "body-too-large",
            "Body too large",
            413,
            "the body has %d bytes; at most %d are taken".formatted(length, limit));
    context
        .response()
        .setStatusCode(problem.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
        .end(Buffer.buffer(Json.bytes(problem)));
  }
}
