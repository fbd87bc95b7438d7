package dev.millrace.trainer;

import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.trainer.telemetry.KafkaTelemetry;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Readiness check. The trainer is ready while it trains or when the run is complete, unless the
 * object store is unavailable; the data of the check contains the reason.
 */
@Readiness
@ApplicationScoped
class TrainerHealth implements HealthCheck {
  private final TrainingRun run;
  private final KafkaTelemetry telemetry;

  TrainerHealth(TrainingRun run, KafkaTelemetry telemetry) {
    this.run = run;
    this.telemetry = telemetry;
  }

  @Override
  public HealthCheckResponse call() {
    String storeError = run.storeError();
    var response =
        HealthCheckResponse.named("trainer")
            .withData("state", run.state().healthName())
            .status(run.state() != TrainingRun.State.STARTING && storeError == null);
    TrainingEvent last = telemetry.last();
    if (last != null) {
      response.withData("epoch", last.epoch()).withData("step", last.step());
    }
    if (storeError != null) {
      response.withData("store", storeError);
    }
    return response.build();
  }
}
