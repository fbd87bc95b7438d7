package dev.millrace.inference.security;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Adds headers that restrict browsers to content of this service. */
@Singleton
final class SecurityHeaders {
  private static final int PRIORITY = 2000;

  private static final String POLICY =
      "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  /**
   * The policy of Swagger UI and Quarkus' other tools, which exist in dev mode only and have inline
   * scripts.
   */
  private static final String DEV_TOOLS_POLICY =
      "default-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none';"
          + " base-uri 'none'; frame-ancestors 'none'";

  void register(@Observes Filters filters) {
    filters.register(SecurityHeaders::add, PRIORITY);
  }

  private static void add(RoutingContext context) {
    MultiMap headers = context.response().headers();
    headers.set("Content-Security-Policy", policy(context.normalizedPath(), LaunchMode.current()));
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-Frame-Options", "DENY");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    if (isPage(context.normalizedPath())) {
      // The file names do not change with their content.
      headers.set("Cache-Control", "no-cache");
    }
    context.next();
  }

  static String policy(String path, LaunchMode mode) {
    return mode == LaunchMode.DEVELOPMENT && path.startsWith("/q/") ? DEV_TOOLS_POLICY : POLICY;
  }

  private static boolean isPage(String path) {
    return !path.startsWith("/v1/") && !path.startsWith("/v2") && !path.startsWith("/q/");
  }
}
