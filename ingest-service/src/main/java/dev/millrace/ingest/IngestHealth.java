package dev.millrace.ingest;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready once the stream is being published; says why Kafka does not answer. */
@Readiness
@ApplicationScoped
class IngestHealth implements HealthCheck {
  @Inject IngestService service;

  @Override
  public HealthCheckResponse call() {
    var response = HealthCheckResponse.named("ingest").withData("state", service.state());
    StreamWriter writer = service.writer();
    if (writer == null) {
      return response.down().build();
    }
    String trouble = writer.trouble();
    if (trouble != null) {
      return response.withData("kafka", trouble).down().build();
    }
    return response.up().build();
  }
}
