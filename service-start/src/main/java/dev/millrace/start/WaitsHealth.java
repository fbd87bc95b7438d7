package dev.millrace.start;

import dev.millrace.waits.Waiting;
import dev.millrace.waits.Waits;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.temporal.ChronoUnit;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;

/**
 * Provides the {@link Waits} of the service, logs them and exposes them as the health check {@code
 * waits}. The check is always up: other checks decide whether the service can work in the meantime.
 */
final class WaitsHealth {
  private static final Logger LOG = Logger.getLogger(Waits.class);

  @Produces
  @Singleton
  Waits waits() {
    Waits waits = new Waits();
    waits.listen(
        new Waits.Listener() {
          @Override
          public void lasting(Waiting wait) {
            LOG.infof("waiting for %s, since %s", wait.what(), seconds(wait));
          }

          @Override
          public void ended(Waiting wait) {
            LOG.infof("no longer waiting for %s", wait.what());
          }
        });
    return waits;
  }

  private static String seconds(Waiting wait) {
    return wait.since().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Lists the current waits with their start times. */
  @Readiness
  @Singleton
  static final class Check implements HealthCheck {
    private final Waits waits;

    Check(Waits waits) {
      this.waits = waits;
    }

    @Override
    public HealthCheckResponse call() {
      var response = HealthCheckResponse.named("waits").up();
      for (Waiting wait : waits.current()) {
        response.withData(wait.what(), seconds(wait));
      }
      return response.build();
    }
  }
}
