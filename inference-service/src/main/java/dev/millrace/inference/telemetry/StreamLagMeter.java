package dev.millrace.inference.telemetry;

import dev.millrace.inference.InferenceConfig;
import dev.millrace.inference.reload.CheckpointReloader;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.CheckpointManifest;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * Measures the lag of the served checkpoint every few seconds, from the end offsets of the training
 * stream. It reads no records. The lag is unknown while Kafka is unavailable or no model serves.
 */
@Singleton
final class StreamLagMeter {
  private static final Logger LOG = Logger.getLogger(StreamLagMeter.class);
  private static final int TIMEOUT_MILLIS = 5_000;

  private final CheckpointReloader reloader;
  private final InferenceMeters meters;
  private final InferenceConfig config;
  private final Map<String, Object> kafka;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "stream-lag"));
  private Admin admin;

  StreamLagMeter(
      CheckpointReloader reloader,
      InferenceMeters meters,
      InferenceConfig config,
      @Identifier("default-kafka-broker") Map<String, Object> kafka) {
    this.reloader = reloader;
    this.meters = meters;
    this.config = config;
    this.kafka = kafka;
  }

  void start(@Observes StartupEvent event) {
    int seconds = config.inference().pollSeconds();
    thread.scheduleWithFixedDelay(this::measure, seconds, seconds, TimeUnit.SECONDS);
  }

  void stop(@Observes ShutdownEvent event) {
    thread.execute(
        () -> {
          if (admin != null) {
            admin.close();
          }
        });
    thread.shutdown();
  }

  private void measure() {
    try {
      Optional<CheckpointManifest> serving = reloader.state().serving().map(Serving::checkpoint);
      meters.streamMeasured(serving.isEmpty() ? Optional.empty() : lag(serving.get()));
    } catch (ExecutionException | RuntimeException e) {
      // Kafka is unavailable, which the health check shows.
      LOG.debug("the end offsets of the stream could not be read", e);
      meters.streamMeasured(Optional.empty());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Optional<StreamLag> lag(CheckpointManifest serving)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    Map<TopicPartition, OffsetSpec> newest = new HashMap<>();
    String topic = Split.TRAIN.topic();
    for (int partition : serving.nextOffsets().keySet()) {
      ends.put(new TopicPartition(topic, partition), OffsetSpec.latest());
      newest.put(new TopicPartition(topic, partition), OffsetSpec.maxTimestamp());
    }
    if (ends.isEmpty()) {
      return Optional.empty();
    }
    Map<Integer, Long> endOffsets = new HashMap<>();
    admin()
        .listOffsets(ends)
        .all()
        .get()
        .forEach((partition, end) -> endOffsets.put(partition.partition(), end.offset()));
    long published =
        admin().listOffsets(newest).all().get().values().stream()
            .mapToLong(ListOffsetsResultInfo::timestamp)
            .max()
            .orElseThrow();
    return Optional.of(StreamLag.of(serving, endOffsets, Instant.ofEpochMilli(published)));
  }

  private Admin admin() {
    if (admin == null) {
      Map<String, Object> settings = new HashMap<>(kafka);
      settings.put("request.timeout.ms", TIMEOUT_MILLIS);
      settings.put("default.api.timeout.ms", TIMEOUT_MILLIS);
      settings.put("reconnect.backoff.max.ms", TIMEOUT_MILLIS);
      admin = Admin.create(settings);
    }
    return admin;
  }
}
