package dev.millrace.ingest;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Readiness: up while the publish loop runs and Kafka answers. */
@Readiness
@ApplicationScoped
class IngestHealth implements HealthCheck {
  private final IngestService service;

  IngestHealth(IngestService service) {
    this.service = service;
  }

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
