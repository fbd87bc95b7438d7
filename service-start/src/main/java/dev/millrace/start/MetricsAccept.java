package dev.millrace.start;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Accepts every {@code Accept} header on requests for metrics. The framework would reject most
 * values with 406.
 */
@Singleton
final class MetricsAccept {
  /** Priority higher than that of the framework's metrics handler. */
  private static final int PRIORITY = 2000;

  private static final String METRICS = "/q/metrics";

  void register(@Observes Filters filters) {
    filters.register(this::accept, PRIORITY);
  }

  private void accept(RoutingContext context) {
    HttpServerRequest request = context.request();
    if (request.path().equals(METRICS)) {
      acceptMetrics(request);
    }
    context.next();
  }

  /**
   * Replaces an {@code Accept} value with one that the framework recognises. The framework supports
   * two media types and compares them literally.
   */
  private static void acceptMetrics(HttpServerRequest request) {
    String accept = request.getHeader(HttpHeaders.ACCEPT);
    if (accept != null && !accept.contains("text/plain") && !accept.contains("*/*")) {
      // The framework answers a wildcard with OpenMetrics, in the version that the registry writes.
      request
          .headers()
          .set(HttpHeaders.ACCEPT, accept.contains("openmetrics") ? "*/*" : "text/plain");
    }
  }
}
