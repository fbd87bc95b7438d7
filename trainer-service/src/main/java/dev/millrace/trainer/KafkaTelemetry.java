package dev.millrace.trainer;

import dev.millrace.model.BestCheckpoint;
import dev.millrace.model.CheckpointManifest;
import dev.millrace.protocol.CheckpointEvent;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.TrainingEvent;
import dev.millrace.trainer.training.TrainerTelemetry;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.reactive.messaging.MutinyEmitter;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;
import org.jboss.logging.Logger;

/**
 * Events to Kafka, meters to Prometheus, lines to the log. An event that finds no room is logged.
 */
@ApplicationScoped
class KafkaTelemetry implements TrainerTelemetry {
  private static final Logger LOG = Logger.getLogger(KafkaTelemetry.class);

  private final MutinyEmitter<byte[]> metrics;
  private final MutinyEmitter<byte[]> checkpoints;
  private final Counter images;
  private final Timer steps;
  private final Timer waits;
  private final Counter rejected;
  private final Counter repeated;
  private final Timer saves;
  private final Counter savedBytes;
  private volatile TrainingEvent last;

  KafkaTelemetry(
      @Channel("metrics") @OnOverflow(OnOverflow.Strategy.DROP) MutinyEmitter<byte[]> metrics,
      @Channel("checkpoints") @OnOverflow(OnOverflow.Strategy.DROP)
          MutinyEmitter<byte[]> checkpoints,
      MeterRegistry registry) {
    this.metrics = metrics;
    this.checkpoints = checkpoints;
    images = registry.counter("millrace.trainer.images");
    steps = registry.timer("millrace.trainer.step");
    waits = registry.timer("millrace.trainer.data.wait");
    rejected = registry.counter("millrace.trainer.minibatches.rejected");
    repeated = registry.counter("millrace.trainer.minibatches.repeated");
    saves = registry.timer("millrace.trainer.checkpoint");
    savedBytes = registry.counter("millrace.trainer.checkpoint.bytes");
  }

  /** The last event, for health; null before the first. */
  TrainingEvent last() {
    return last;
  }

  @Override
  public void event(TrainingEvent event) {
    last = event;
    send(metrics, Json.bytes(event));
    if (event.type() == TrainingEvent.Type.EPOCH) {
      LOG.infof(
          "epoch %d of %d: loss %.4f, accuracy %.4f, validation accuracy %.4f, %.0f images/s",
          event.epoch(),
          event.epochs(),
          event.loss(),
          event.accuracy(),
          event.validationAccuracy(),
          event.imagesPerSecond());
    }
  }

  private static void send(MutinyEmitter<byte[]> channel, byte[] event) {
    channel
        .send(event)
        .subscribe()
        .with(done -> {}, failure -> LOG.warnf("an event was not sent: %s", failure));
  }

  @Override
  public void stepCompleted(int count, double seconds, double waitSeconds) {
    images.increment(count);
    steps.record(duration(seconds));
    waits.record(duration(waitSeconds));
  }

  @Override
  public void checkpointSaved(CheckpointManifest manifest, long bytes, double seconds) {
    saves.record(duration(seconds));
    savedBytes.increment(bytes);
    Double accuracy = manifest.metrics() == null ? null : manifest.metrics().validationAccuracy();
    send(
        checkpoints,
        Json.bytes(
            new CheckpointEvent(
                CheckpointEvent.SCHEMA,
                CheckpointEvent.Type.SAVED,
                manifest.run(),
                manifest.id(),
                manifest.epoch(),
                manifest.step(),
                accuracy,
                Instant.now())));
    LOG.debugf("saved %s in %.3f s", manifest.id(), seconds);
  }

  @Override
  public void bestChanged(BestCheckpoint best) {
    send(
        checkpoints,
        Json.bytes(
            new CheckpointEvent(
                CheckpointEvent.SCHEMA,
                CheckpointEvent.Type.BEST,
                best.run(),
                best.checkpoint(),
                best.epoch(),
                best.step(),
                best.validationAccuracy(),
                Instant.now())));
  }

  @Override
  public void minibatchRejected(String where, String reason) {
    rejected.increment();
    LOG.errorf("%s went to the dead letters: %s", where, reason);
  }

  @Override
  public void minibatchRepeated(String where) {
    repeated.increment();
    LOG.warnf("%s was trained before; skipped", where);
  }

  private static Duration duration(double seconds) {
    return Duration.ofNanos((long) (seconds * 1e9));
  }
}
