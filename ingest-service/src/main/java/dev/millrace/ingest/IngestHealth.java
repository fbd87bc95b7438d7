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
    if (!service.droppedTrainers().isEmpty()) {
      response.withData("trainers-dropped", String.join(", ", service.droppedTrainers()));
    }
    service
        .ignoredTrainers()
        .forEach((group, reason) -> response.withData("ignored: " + group, reason));
    if (service.kafkaError() != null) {
      return response.withData("kafka", service.kafkaError()).down().build();
    }
    return response.status(service.isPublishing()).build();
  }
}
