package dev.millrace.inference;

import static dev.millrace.inference.ContentEncoding.IDENTITY;

import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Reads every request's body before the request is routed, on the event loop. Worker threads that
 * waited for bodies would starve: over HTTP/2 many requests share one flow-control window, which
 * the bodies of requests that have no thread yet can fill. All bodies together stay below a share
 * of the heap.
 */
@Singleton
final class RequestBodies {
  /** Before Quarkus' own limit, whose answer has no body. */
  private static final int PRIORITY = 1000;

  /** Images are decoded from a copy, and other things live in the heap too. */
  private static final int SHARE_OF_HEAP = 8;

  private static final Pattern MEDIA_TYPE =
      Pattern.compile("[\\w!#$&^.+-]+/[\\w!#$&^.+-]+\\s*(;.*)?");

  private final long limit;
  private final MemoryBudget budget;

  RequestBodies(@ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize limit) {
    this.limit = limit.asLongValue();
    long share = Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP;
    budget = new MemoryBudget(Math.max(share, 2 * this.limit));
  }

  /**
   * A POST's body. Not by a parameter of the resource: on an event loop the JAX-RS layer takes the
   * whole array behind the buffer for the body, zeros at its end included.
   */
  static byte[] of(RoutingContext context) {
    return context.body().buffer().getBytes();
  }

  void register(@Observes Filters filters) {
    filters.register(this::accept, PRIORITY);
  }

  private void accept(RoutingContext context) {
    if (!context.request().method().equals(HttpMethod.POST)) {
      context.next();
      return;
    }
    MultiMap headers = context.request().headers();
    if (!headers.contains(HttpHeaders.CONTENT_TYPE)) {
      // As RFC 9110 allows; else the router would take such a body for a form.
      headers.set(HttpHeaders.CONTENT_TYPE, "application/octet-stream");
    }
    String type = headers.get(HttpHeaders.CONTENT_TYPE);
    List<String> encodings = headers.getAll(HttpHeaders.CONTENT_ENCODING);
    Optional<ContentEncoding> encoding = ContentEncoding.of(encodings);
    RequestBody body = new RequestBody(context, encoding.orElse(IDENTITY), limit, budget);
    if (encoding.isEmpty()) {
      context.response().putHeader(HttpHeaders.ACCEPT_ENCODING, ContentEncoding.COMPRESSIONS);
      body.refuse(
          Problem.of(
              "unsupported-encoding",
              "Unsupported content encoding",
              415,
              "Content-Encoding '%s' is not taken; send the body as it is, or as gzip or deflate"
                  .formatted(String.join(", ", encodings))));
    } else if (MEDIA_TYPE.matcher(type).matches()) {
      body.read();
    } else {
      // The router would fail on it.
      body.refuse(
          Problem.of(
              "unsupported-type",
              "Unsupported content type",
              415,
              "content type '%s' is not of the form type/subtype".formatted(type)));
    }
  }
}
