package dev.millrace.trainer.telemetry;

import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.trainer.loop.CompletedStep;
import dev.millrace.trainer.step.ComputeDevice;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.DoubleStream;

/** The trainer's metrics, which are described in docs/metrics.md. */
@ApplicationScoped
public class TrainerMeters {
  private final MeterRegistry registry;
  private final Counter images;
  private final Timer steps;
  private final Timer waits;
  private final Counter rejected;
  private final Counter repeated;
  private final Counter lost;
  private final Timer saves;
  private final Counter savedBytes;
  private final AtomicReference<Double> running;
  private final Map<String, AtomicReference<Double>> gauges = new ConcurrentHashMap<>();

  TrainerMeters(MeterRegistry registry) {
    this.registry = registry;
    images = registry.counter("millrace.trainer.images");
    steps = timer("millrace.trainer.step", 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10);
    waits = timer("millrace.trainer.data.wait", 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30);
    rejected = registry.counter("millrace.trainer.minibatches.rejected");
    repeated = registry.counter("millrace.trainer.minibatches.repeated");
    lost = registry.counter("millrace.trainer.records.lost");
    saves = timer("millrace.trainer.checkpoint", 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60);
    savedBytes = registry.counter("millrace.trainer.checkpoint.bytes");
    running = gauge("millrace.trainer.running");
    running.set(0.0);
  }

  private Timer timer(String name, double... bucketSeconds) {
    return Timer.builder(name)
        .serviceLevelObjectives(
            DoubleStream.of(bucketSeconds)
                .mapToObj(TrainerMeters::duration)
                .toArray(Duration[]::new))
        .register(registry);
  }

  public void running(boolean is) {
    running.set(is ? 1.0 : 0.0);
  }

  /** Registers the memory gauge of a GPU; a CPU has none. */
  public void device(ComputeDevice device) {
    if (device.usedMemory().isPresent()) {
      Gauge.builder("millrace.trainer.device.memory.bytes", device, d -> d.usedMemory().orElse(0))
          .register(registry);
    }
  }

  void event(TrainingEvent event) {
    set("millrace.trainer.current.epoch", (double) event.epoch());
    set("millrace.trainer.planned.epochs", (double) event.epochs());
    set("millrace.trainer.completed.steps", (double) event.step());
    set("millrace.trainer.learning.rate", event.learningRate());
    set("millrace.trainer.loss", event.loss(), "split", "train");
    set("millrace.trainer.loss", event.validationLoss(), "split", "validation");
    set("millrace.trainer.accuracy.ratio", event.accuracy(), "split", "train");
    set("millrace.trainer.accuracy.ratio", event.validationAccuracy(), "split", "validation");
    set("millrace.trainer.accuracy.ratio", event.testAccuracy(), "split", "test");
  }

  /** Sets a gauge, which is registered with its first value. */
  private void set(String name, Double value, String... tags) {
    if (value != null) {
      gauges.computeIfAbsent(name + String.join("/", tags), key -> gauge(name, tags)).set(value);
    }
  }

  private AtomicReference<Double> gauge(String name, String... tags) {
    AtomicReference<Double> value = new AtomicReference<>(Double.NaN);
    Gauge.builder(name, value, AtomicReference::get).tags(tags).register(registry);
    return value;
  }

  void bestChanged(long step) {
    set("millrace.trainer.best.step", (double) step);
  }

  void stepCompleted(CompletedStep step) {
    images.increment(step.images());
    steps.record(duration(step.seconds()));
    waits.record(duration(step.waitSeconds()));
  }

  void checkpointSaved(long bytes, double seconds) {
    saves.record(duration(seconds));
    savedBytes.increment(bytes);
  }

  void minibatchRejected() {
    rejected.increment();
  }

  void minibatchRepeated() {
    repeated.increment();
  }

  /**
   * Counts that records of a partition were deleted before they were trained and that ingest was
   * asked to publish them again.
   */
  void recordsLost() {
    lost.increment();
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos((long) (seconds * 1e9));
  }
}
