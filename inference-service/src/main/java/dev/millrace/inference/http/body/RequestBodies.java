package dev.millrace.inference.http.body;

import static dev.millrace.inference.http.body.ContentEncoding.IDENTITY;

import dev.millrace.inference.http.Problem;
import dev.millrace.inference.security.AccessRefusals;
import dev.millrace.inference.security.Roles;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
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
 * Reads the body of every POST on the event loop before the request is routed, so that no worker
 * thread waits for a slow client. All bodies together are limited to a share of the heap. The role
 * for predictions is checked before a body is kept.
 */
@Singleton
public final class RequestBodies {
  /** After authentication (200), and before Quarkus' own limit, whose answer has no body. */
  private static final int PRIORITY = 150;

  /**
   * The divisor of the heap for all bodies. Images are decoded from a copy, and other data needs
   * room.
   */
  private static final int SHARE_OF_HEAP = 8;

  /** The largest body, in bytes, of requests other than predictions and inferences. */
  private static final long SMALL = 4 << 10;

  private static final String DECLARED_TYPE = "millrace.declared-type";
  private static final String UNSPECIFIC_TYPE = "application/octet-stream";

  private static final Pattern MEDIA_TYPE =
      Pattern.compile("[\\w!#$&^.+*-]+/[\\w!#$&^.+*-]+\\s*(;.*)?");

  private final long limit;
  private final MemoryBudget budget;
  private final IdentityProviderManager identities;

  RequestBodies(
      @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize limit,
      IdentityProviderManager identities) {
    this.limit = limit.asLongValue();
    this.identities = identities;
    long share = Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP;
    budget = new MemoryBudget(Math.max(share, 2 * this.limit));
  }

  /**
   * Returns the body of a POST. Resources do not take it as a parameter: on an event loop, Quarkus
   * REST passes the whole array of the buffer, including the zeros at its end.
   */
  public static byte[] of(RoutingContext context) {
    return context.body().buffer().getBytes();
  }

  /** Returns the content type as received, even if malformed; null if there is none. */
  public static String declaredType(RoutingContext context) {
    return context.get(DECLARED_TYPE);
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
    keepType(context, headers);
    if (!predicts(context.normalizedPath())) {
      read(context, Math.min(limit, SMALL));
      return;
    }
    QuarkusHttpUser.getSecurityIdentity(context, identities)
        .subscribe()
        .with(
            identity -> {
              if (identity.hasRole(Roles.PREDICT)) {
                read(context, limit);
              } else {
                refuse(context);
              }
            },
            context::fail);
  }

  private void refuse(RoutingContext context) {
    context.response().putHeader("WWW-Authenticate", "Bearer");
    new RequestBody(context, IDENTITY, limit, budget)
        .refuse(
            AccessRefusals.unauthorized(context.request().getHeader(HttpHeaders.AUTHORIZATION)));
  }

  private void read(RoutingContext context, long most) {
    List<String> encodings = context.request().headers().getAll(HttpHeaders.CONTENT_ENCODING);
    Optional<ContentEncoding> encoding = ContentEncoding.of(encodings);
    RequestBody body = new RequestBody(context, encoding.orElse(IDENTITY), most, budget);
    if (encoding.isPresent()) {
      body.read();
      return;
    }
    context.response().putHeader(HttpHeaders.ACCEPT_ENCODING, ContentEncoding.COMPRESSIONS);
    body.refuse(
        Problem.of(
            "unsupported-encoding",
            "Unsupported content encoding",
            415,
            "Content-Encoding '%s' is not taken; send the body as it is, or as gzip or deflate"
                .formatted(String.join(", ", encodings))));
  }

  /**
   * Returns whether the path is of a method with a large body, for which the role is checked first.
   * The methods check it again, since a path can be spelled in several ways; a spelling that is not
   * recognized here gets the limit for small bodies.
   */
  private static boolean predicts(String path) {
    return path.startsWith("/v1/predict") || path.startsWith("/v2/") && path.contains("/infer");
  }

  /**
   * Replaces a missing or malformed content type: the router takes a body without one for a form
   * and fails on a malformed one. The first bytes of the body decide its format, so a general type
   * is enough.
   */
  private static void keepType(RoutingContext context, MultiMap headers) {
    String type = headers.get(HttpHeaders.CONTENT_TYPE);
    context.put(DECLARED_TYPE, type);
    if (type == null || !MEDIA_TYPE.matcher(type).matches()) {
      headers.set(HttpHeaders.CONTENT_TYPE, UNSPECIFIC_TYPE);
    }
  }
}
