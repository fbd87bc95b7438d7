package dev.millrace.trainer;

import dev.millrace.protocol.run.TrainingEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready when minibatches are being trained or the run is complete; says what is away. */
@Readiness
@ApplicationScoped
class TrainerHealth implements HealthCheck {
  @Inject TrainerService service;
  @Inject KafkaTelemetry telemetry;

  @Override
  public HealthCheckResponse call() {
    String trouble = service.storeTrouble();
    var response =
        HealthCheckResponse.named("trainer")
            .withData("state", service.state())
            .status(!service.state().equals("starting") && trouble == null);
    TrainingEvent last = telemetry.last();
    if (last != null) {
      response.withData("epoch", last.epoch()).withData("step", last.step());
    }
    if (trouble != null) {
      response.withData("store", trouble);
    }
    return response.build();
  }
}
