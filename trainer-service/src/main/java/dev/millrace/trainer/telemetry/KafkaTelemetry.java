package dev.millrace.trainer.telemetry;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointEvent;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.stream.ResendRequest;
import dev.millrace.trainer.loop.CompletedStep;
import dev.millrace.trainer.loop.TrainerSettings;
import dev.millrace.trainer.loop.TrainerTelemetry;
import dev.millrace.waits.Waits;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.function.Supplier;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;
import org.jboss.logging.Logger;

/**
 * Sends events to Kafka, meters to Prometheus, spans to OpenTelemetry and lines to the log. If a
 * channel is full, the event is dropped and logged.
 */
@ApplicationScoped
public class KafkaTelemetry implements TrainerTelemetry {
  private static final Logger LOG = Logger.getLogger(KafkaTelemetry.class);

  private final MutinyEmitter<byte[]> metrics;
  private final MutinyEmitter<byte[]> checkpoints;
  private final TrainerMeters meters;
  private final TrainerTracing tracing;
  private final Waits waits;
  private volatile TrainingEvent last;

  KafkaTelemetry(
      @Channel("metrics") @OnOverflow(OnOverflow.Strategy.DROP) MutinyEmitter<byte[]> metrics,
      @Channel("checkpoints") @OnOverflow(OnOverflow.Strategy.DROP)
          MutinyEmitter<byte[]> checkpoints,
      TrainerMeters meters,
      TrainerTracing tracing,
      TrainerSettings settings,
      Waits waits) {
    this.metrics = metrics;
    this.checkpoints = checkpoints;
    this.meters = meters;
    this.tracing = tracing;
    this.waits = waits;
    String run = settings.run();
    waits.onChange(
        (since, what) ->
            send(
                metrics,
                new RecordHeaders(),
                Json.bytes(TrainingEvent.waiting("trainer", run, since, what))));
  }

  /** Returns the last event, for the health check; null before the first one. */
  public TrainingEvent last() {
    return last;
  }

  @Override
  public void event(TrainingEvent event) {
    last = event;
    meters.event(event);
    send(metrics, new RecordHeaders(), Json.bytes(event));
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

  private static void send(MutinyEmitter<byte[]> channel, Headers headers, byte[] event) {
    OutgoingKafkaRecordMetadata<byte[]> metadata =
        OutgoingKafkaRecordMetadata.<byte[]>builder().withHeaders(headers).build();
    channel
        .sendMessage(Message.of(event).addMetadata(metadata))
        .subscribe()
        .with(done -> {}, failure -> LOG.warnf("an event was not sent: %s", failure));
  }

  /**
   * Sends an event with the trace context of its checkpoint; the service that fetches the
   * checkpoint continues the trace.
   */
  private void send(CheckpointEvent event) {
    Headers headers = new RecordHeaders();
    tracing.inject(headers);
    send(checkpoints, headers, Json.bytes(event));
  }

  @Override
  public void stepCompleted(CompletedStep step) {
    meters.stepCompleted(step);
    tracing.stepCompleted(step);
  }

  @Override
  public Runnable checkpointBegun(CheckpointManifest manifest, Runnable saving) {
    return tracing.checkpointBegun(manifest, saving);
  }

  @Override
  public void checkpointSaved(CheckpointManifest manifest, long bytes, double seconds) {
    LOG.debugf("saved %s in %.3f s", manifest.id(), seconds);
    meters.checkpointSaved(bytes, seconds);
    tracing.checkpointSaved(bytes);
    send(CheckpointEvent.of(CheckpointEvent.Type.SAVED, manifest));
  }

  @Override
  public void bestChanged(BestCheckpoint best) {
    meters.bestChanged(best.step());
    send(CheckpointEvent.of(best));
  }

  @Override
  public Waiting waiting(Supplier<String> what) {
    return waits.begin(what)::close;
  }

  @Override
  public void recordsLost(int partition, ResendRequest request) {
    meters.recordsLost();
    LOG.warnf(
        "partition %d: records were deleted before they were trained; asked ingest to publish them"
            + " again, starting with minibatch %d of epoch %d",
        partition, request.batch(), request.epoch());
  }

  @Override
  public void minibatchTooEarly(String where) {
    LOG.debugf("%s follows lost records and will be published again; skipped", where);
  }

  @Override
  public void minibatchRejected(String where, String reason) {
    meters.minibatchRejected();
    LOG.errorf("%s was sent to the dead-letter topic: %s", where, reason);
  }

  @Override
  public void minibatchRepeated(String where) {
    meters.minibatchRepeated();
    LOG.warnf("%s was already trained; skipped", where);
  }
}
