package dev.millrace.inference.health;

import dev.millrace.inference.reload.CheckpointReloader;
import dev.millrace.inference.reload.ReloadState;
import dev.millrace.inference.reload.ReloadState.Refused;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.inference.serving.Classifier;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * The readiness check: ready once a model serves. It stays ready while S3 or Kafka is unavailable;
 * its details show that.
 */
@Readiness
@Singleton
final class ServingCheck implements HealthCheck {
  private final CheckpointReloader reloader;
  private final Classifier classifier;
  private final KafkaStatus kafka;

  ServingCheck(CheckpointReloader reloader, Classifier classifier, KafkaStatus kafka) {
    this.reloader = reloader;
    this.classifier = classifier;
    this.kafka = kafka;
  }

  @Override
  public HealthCheckResponse call() {
    ReloadState state = reloader.state();
    HealthCheckResponseBuilder response =
        HealthCheckResponse.named("serving")
            .status(state.serving().isPresent() && classifier.isAlive())
            .withData("store", reloader.storeStatus().problem().orElse("answers"))
            .withData("kafka", kafka.text());
    state.serving().ifPresent(serving -> describe(response, serving));
    if (state instanceof Refused refused) {
      response.withData("refused", refused.checkpoint() + ": " + refused.reason());
    }
    return response.build();
  }

  private static void describe(HealthCheckResponseBuilder response, Serving serving) {
    response
        .withData("run", serving.checkpoint().run())
        .withData("checkpoint", serving.checkpoint().id())
        .withData("since", serving.since().toString());
  }
}
