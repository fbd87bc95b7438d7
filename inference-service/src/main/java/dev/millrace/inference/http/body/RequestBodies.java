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
 * Reads every request's body before the request is routed, on the event loop, so that no worker
 * thread waits for a slow client. All bodies together stay below a share of the heap. A
 * prediction's token is checked before its body is kept.
 */
@Singleton
public final class RequestBodies {
  /** After authentication (200), and before Quarkus' own limit, whose answer has no body. */
  private static final int PRIORITY = 150;

  /** Images are decoded from a copy, and other things live in the heap too. */
  private static final int SHARE_OF_HEAP = 8;

  /** What a request may bring that neither predicts nor asks for an inference. */
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
   * A POST's body. Not by a parameter of the resource: on an event loop the JAX-RS layer takes the
   * whole array behind the buffer for the body, zeros at its end included.
   */
  public static byte[] of(RoutingContext context) {
    return context.body().buffer().getBytes();
  }

  /** The content type as the client sent it, malformed ones included; null for none. */
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
   * Whether the request is for a method with a large body. Such a body is not kept before the token
   * is asked for. The methods ask for it, too: a path can be written in more than one way, but one
   * that is not recognised here may only bring a small body.
   */
  private static boolean predicts(String path) {
    return path.startsWith("/v1/predict") || path.startsWith("/v2/") && path.contains("/infer");
  }

  /**
   * The router takes a body without a type for a form, and fails on a malformed type. The first
   * bytes of the body decide what it is, so an unspecific type does for both.
   */
  private static void keepType(RoutingContext context, MultiMap headers) {
    String type = headers.get(HttpHeaders.CONTENT_TYPE);
    context.put(DECLARED_TYPE, type);
    if (type == null || !MEDIA_TYPE.matcher(type).matches()) {
      headers.set(HttpHeaders.CONTENT_TYPE, UNSPECIFIC_TYPE);
    }
  }
}
