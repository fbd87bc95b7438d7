package dev.millrace.inference;

import dev.millrace.inference.serving.ReloadState;
import dev.millrace.inference.serving.ReloadState.Refused;
import dev.millrace.inference.serving.ReloadState.Serving;
import dev.millrace.inference.serving.ServingTelemetry;
import dev.millrace.inference.serving.StoreStatus;
import dev.millrace.inference.serving.StreamLag;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.jboss.logging.Logger;

/** Counts and logs what happens. */
@Singleton
final class Telemetry implements ServingTelemetry {
  private static final Logger LOG = Logger.getLogger("dev.millrace.inference");

  private final DistributionSummary batchImages;
  private final Timer forwardPass;
  private final Counter taken;
  private final Counter refused;
  private final Counter abandoned;
  private volatile Optional<StreamLag> lag = Optional.empty();

  Telemetry(MeterRegistry registry) {
    batchImages = registry.summary("millrace.inference.batch.images");
    forwardPass = registry.timer("millrace.inference.forward");
    taken = registry.counter("millrace.inference.checkpoints", "outcome", "serving");
    refused = registry.counter("millrace.inference.checkpoints", "outcome", "refused");
    abandoned = registry.counter("millrace.inference.images.abandoned");
    Gauge.builder(
            "millrace.inference.stream.lag.records", this, self -> self.lag(StreamLag::records))
        .description("records of the training stream that are not in the served weights")
        .register(registry);
    Gauge.builder(
            "millrace.inference.stream.lag.seconds",
            this,
            self -> self.lag(found -> found.time().toMillis() / 1e3))
        .description("from the making of the served checkpoint to the stream's newest record")
        .register(registry);
  }

  @Override
  public void batchCompleted(int images, Duration took) {
    batchImages.record(images);
    forwardPass.record(took);
  }

  @Override
  public void batchFailed(int images, Throwable failure) {
    LOG.errorf(failure, "a forward pass over %d images failed", images);
  }

  @Override
  public void requestAbandoned(int images) {
    abandoned.increment(images);
  }

  @Override
  public void streamMeasured(Optional<StreamLag> measured) {
    lag = measured;
  }

  private double lag(ToDoubleFunction<StreamLag> part) {
    return lag.map(part::applyAsDouble).orElse(Double.NaN);
  }

  @Override
  public void reloadChanged(ReloadState state) {
    if (state instanceof Serving serving) {
      taken.increment();
      LOG.infof(
          "serving checkpoint %s of run %s", serving.checkpoint().id(), serving.checkpoint().run());
    } else if (state instanceof Refused refusal) {
      refused.increment();
      LOG.errorf(
          "refused checkpoint %s of run %s: %s; %s",
          refusal.checkpoint(),
          refusal.run(),
          refusal.reason(),
          refusal
              .serving()
              .map(old -> "still serving " + old.checkpoint().id())
              .orElse("serving nothing"));
    }
  }

  @Override
  public void reloadFailed(RuntimeException failure) {
    LOG.error("looking for a checkpoint failed; it will be tried again", failure);
  }

  @Override
  public void storeChanged(StoreStatus status) {
    status
        .problem()
        .ifPresentOrElse(
            problem -> LOG.warnf("the checkpoint store gives no answer: %s", problem),
            () -> LOG.info("the checkpoint store answers"));
  }
}
