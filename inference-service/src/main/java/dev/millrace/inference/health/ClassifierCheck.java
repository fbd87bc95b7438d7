package dev.millrace.inference.health;

import dev.millrace.inference.serving.Classifier;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** The liveness check: whether the classifier answers. */
@Liveness
@Singleton
final class ClassifierCheck implements HealthCheck {
  private final Classifier classifier;

  ClassifierCheck(Classifier classifier) {
    this.classifier = classifier;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("classifier").status(classifier.isAlive()).build();
  }
}
