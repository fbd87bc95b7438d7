package dev.millrace.inference.http.body;

import dev.millrace.inference.http.Problem;
import dev.millrace.protocol.Json;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.regex.Pattern;

/**
 * Prepares every POST before it is routed. Quarkus discards what an endpoint leaves of the body, so
 * that a client that is still sending gets the response.
 */
@Singleton
final class BodyFilter {
  /** After authentication (200), and before Quarkus' own limit, whose answer has no body. */
  private static final int PRIORITY = 150;

  private static final String DECLARED_TYPE = "millrace.declared-type";
  private static final String UNSPECIFIC_TYPE = "application/octet-stream";

  private static final Pattern MEDIA_TYPE =
      Pattern.compile("[\\w!#$&^.+*-]+/[\\w!#$&^.+*-]+\\s*(;.*)?");

  void register(@Observes Filters filters) {
    filters.register(BodyFilter::accept, PRIORITY);
  }

  private static void accept(RoutingContext context) {
    if (!context.request().method().equals(HttpMethod.POST)) {
      context.next();
      return;
    }
    keepType(context);
    context.addEndHandler(
        ended -> {
          if (ended.succeeded()) {
            hangUp(context.request());
          }
        });
    if (!predicts(context.normalizedPath())
        && RequestBody.announced(context.request()) > RequestBodies.SMALL) {
      refuse(context, RequestBody.tooLong(RequestBodies.SMALL));
    } else {
      context.next();
    }
  }

  /** Returns the content type as received, even if malformed; null if there is none. */
  static String declaredType(RoutingContext context) {
    return context.get(DECLARED_TYPE);
  }

  /**
   * Replaces a missing or malformed content type: the router takes a body without one for a form
   * and fails on a malformed one. The first bytes of the body decide its format, so a general type
   * is enough.
   */
  private static void keepType(RoutingContext context) {
    MultiMap headers = context.request().headers();
    String type = headers.get(HttpHeaders.CONTENT_TYPE);
    context.put(DECLARED_TYPE, type);
    if (type == null || !MEDIA_TYPE.matcher(type).matches()) {
      headers.set(HttpHeaders.CONTENT_TYPE, UNSPECIFIC_TYPE);
    }
  }

  /** Returns whether the path is of an endpoint that checks the size of its body itself. */
  private static boolean predicts(String path) {
    return path.startsWith("/v1/predict") || path.startsWith("/v2/") && path.contains("/infer");
  }

  private static void refuse(RoutingContext context, Problem problem) {
    String path = context.normalizedPath();
    context
        .response()
        .setStatusCode(problem.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, Problem.mediaType(path))
        .end(Buffer.buffer(Json.bytes(problem.entity(path))));
  }

  /** A client that waits for {@code 100 Continue} may send the body or the next request. */
  private static void hangUp(HttpServerRequest request) {
    if (request.headers().contains(HttpHeaders.EXPECT) && !request.isEnded()) {
      request.connection().close();
    }
  }
}
