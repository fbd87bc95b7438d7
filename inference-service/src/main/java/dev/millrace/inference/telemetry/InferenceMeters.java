package dev.millrace.inference.telemetry;

import dev.millrace.inference.reload.ReloadPhase;
import dev.millrace.inference.serving.BatchTimes;
import dev.millrace.inference.serving.RequestRejectedException;
import dev.millrace.protocol.run.CheckpointManifest;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** The metrics of serving. docs/metrics.md explains each of them. */
@Singleton
public final class InferenceMeters {
  private static final Duration[] LATENCIES =
      seconds(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10);
  private static final Duration[] RELOADS = seconds(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30);

  /** The counters of requests by outcome: {@code answered}, or the cause of the failure. */
  private static final String[] OUTCOMES =
      Stream.concat(
              Stream.of("answered", "abandoned", "timeout", "failed"),
              Stream.of(RequestRejectedException.Kind.values()).map(InferenceMeters::name))
          .toArray(String[]::new);

  private final MeterRegistry registry;
  private final MultiGauge info;
  private final Timer requests;
  private final Timer queueWaits;
  private final Timer forwardPasses;
  private final DistributionSummary batchImages;
  private final Map<String, Counter> outcomes = new HashMap<>();
  private final Map<ReloadPhase, Timer> phases = new EnumMap<>(ReloadPhase.class);
  private volatile Optional<StreamLag> lag = Optional.empty();
  private volatile CheckpointManifest served;

  public InferenceMeters(MeterRegistry registry) {
    this.registry = registry;
    info = MultiGauge.builder("millrace.inference.served").register(registry);
    requests = timer("millrace.inference.request", LATENCIES);
    queueWaits = timer("millrace.inference.queue.wait", LATENCIES);
    forwardPasses = timer("millrace.inference.forward", LATENCIES);
    batchImages =
        DistributionSummary.builder("millrace.inference.batch.images")
            .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64, 128, 256)
            .register(registry);
    for (ReloadPhase phase : ReloadPhase.values()) {
      phases.put(phase, timer("millrace.inference.reload.phase", RELOADS, "phase", name(phase)));
    }
    // All series exist from the start, since an alert on an increase needs the zero before it.
    for (String outcome : OUTCOMES) {
      outcomes.put(outcome, registry.counter("millrace.inference.requests", "outcome", outcome));
    }
    Stream.of("serving", "refused", "failed").forEach(this::reloads);
    gauge("millrace.inference.stream.lag.records", self -> self.lag(StreamLag::records));
    gauge(
        "millrace.inference.stream.lag.seconds",
        self -> self.lag(found -> found.time().toMillis() / 1e3));
  }

  private Timer timer(String name, Duration[] buckets, String... tags) {
    return Timer.builder(name).serviceLevelObjectives(buckets).tags(tags).register(registry);
  }

  private void gauge(String name, ToDoubleFunction<InferenceMeters> value) {
    Gauge.builder(name, this, value).register(registry);
  }

  private static Duration[] seconds(double... values) {
    return DoubleStream.of(values)
        .mapToObj(seconds -> Duration.ofNanos((long) (seconds * 1e9)))
        .toArray(Duration[]::new);
  }

  private static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private Counter reloads(String result) {
    return registry.counter("millrace.inference.reloads", "result", result);
  }

  void answered(Duration took) {
    requests.record(took);
    outcomes.get("answered").increment();
  }

  void failed(Throwable failure) {
    String outcome = "failed";
    if (failure instanceof RequestRejectedException refusal) {
      outcome = name(refusal.kind());
    } else if (failure instanceof CancellationException) {
      outcome = "abandoned";
    } else if (failure instanceof TimeoutException) {
      outcome = "timeout";
    }
    outcomes.get(outcome).increment();
  }

  void waited(Duration inQueue) {
    queueWaits.record(inQueue);
  }

  void batchCompleted(BatchTimes pass) {
    batchImages.record(pass.images());
    forwardPasses.record(pass.total());
  }

  void reloadPhaseCompleted(ReloadPhase phase, Duration took) {
    phases.get(phase).record(took);
  }

  /**
   * Counts a reload.
   *
   * @param result {@code serving}, {@code refused} or {@code failed}
   */
  void reloaded(String result) {
    reloads(result).increment();
  }

  void serving(CheckpointManifest checkpoint) {
    info.register(
        List.of(
            MultiGauge.Row.of(Tags.of("run", checkpoint.run(), "checkpoint", checkpoint.id()), 1)),
        true);
    boolean first = served == null;
    served = checkpoint;
    if (first) {
      gauge("millrace.inference.served.epoch", self -> self.served.epoch());
      gauge("millrace.inference.served.step", self -> self.served.step());
    }
  }

  void streamMeasured(Optional<StreamLag> measured) {
    lag = measured;
  }

  private double lag(ToDoubleFunction<StreamLag> part) {
    return lag.map(part::applyAsDouble).orElse(Double.NaN);
  }
}
