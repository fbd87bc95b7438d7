package dev.millrace.inference.control;

import static org.assertj.core.api.Assertions.assertThatCode;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.reload.CheckpointReloader;
import dev.millrace.inference.selection.RunSelector;
import dev.millrace.inference.serving.BatchLimits;
import dev.millrace.inference.serving.Classifier;
import dev.millrace.inference.serving.InferenceStatistics;
import dev.millrace.inference.telemetry.InferenceMeters;
import dev.millrace.inference.telemetry.InferenceTracing;
import dev.millrace.inference.telemetry.Telemetry;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.CheckpointEvent;
import dev.millrace.store.InMemoryObjectStore;
import dev.millrace.waits.Waits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.smallrye.reactive.messaging.kafka.api.IncomingKafkaRecordMetadata;
import java.time.Clock;
import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class ReloadTriggerTest {
  @Test
  void aGoodEventThatComesWhileTheServiceStopsIsNoFailure() throws Exception {
    InferenceTracing tracing = new InferenceTracing(OpenTelemetry.noop());
    Telemetry telemetry =
        new Telemetry(
            new InferenceMeters(new SimpleMeterRegistry()), tracing, new InferenceStatistics());
    try (Classifier classifier = new Classifier(BatchLimits.DEFAULT, telemetry)) {
      CheckpointReloader reloader =
          new CheckpointReloader(
              new CheckpointStore(new InMemoryObjectStore()),
              RunSelector.ANY,
              classifier,
              Clock.systemUTC(),
              telemetry);
      ReloadTrigger reloads =
          new ReloadTrigger(reloader, tracing, 10, RunSelector.ANY, new Waits());
      reloads.stop(null);
      CheckpointEvent event =
          new CheckpointEvent(
              CheckpointEvent.SCHEMA,
              CheckpointEvent.Type.BEST,
              "run",
              "epoch-0000000001-step-0000000010",
              1,
              10,
              .5,
              Instant.EPOCH);
      var record = new ConsumerRecord<byte[], byte[]>("millrace.checkpoints", 0, 0, null, null);
      assertThatCode(
              () ->
                  reloads.onEvent(
                      Json.bytes(event), new IncomingKafkaRecordMetadata<>(record, "checkpoints")))
          .doesNotThrowAnyException();
    }
  }
}
