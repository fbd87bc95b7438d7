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
    var response = HealthCheckResponse.named("ingest");
    StreamWriter writer = service.writer();
    if (writer == null) {
      return response.withData("state", "reading the dataset").down().build();
    }
    response.withData("state", writer.state());
    String trouble = writer.trouble();
    if (trouble != null) {
      return response.withData("kafka", trouble).down().build();
    }
    return response.up().build();
  }
}
