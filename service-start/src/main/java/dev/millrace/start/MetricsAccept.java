package dev.millrace.start;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Lets every client have the metrics: the framework refuses most values of {@code Accept} with 406.
 */
@Singleton
final class MetricsAccept {
  /** Before the handler of metrics. */
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

  /** Metrics are sent whatever type is asked for; the framework knows two, written exactly so. */
  private static void acceptMetrics(HttpServerRequest request) {
    String accept = request.getHeader(HttpHeaders.ACCEPT);
    if (accept != null && !accept.contains("text/plain") && !accept.contains("*/*")) {
      // Any type is OpenMetrics, in the version that the registry writes.
      request
          .headers()
          .set(HttpHeaders.ACCEPT, accept.contains("openmetrics") ? "*/*" : "text/plain");
    }
  }
}
