package dev.millrace.ingest;

import dev.millrace.ingest.telemetry.IngestTracing;
import io.opentelemetry.api.OpenTelemetry;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Creates the parts that take plain settings instead of {@link IngestConfig}. */
final class IngestBeans {
  private IngestBeans() {}

  @Produces
  @Singleton
  static IngestTracing tracing(OpenTelemetry telemetry, IngestConfig config) {
    return new IngestTracing(telemetry, config.ingest().traceEveryMinibatches());
  }
}
