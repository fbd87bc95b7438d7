package dev.millrace.ingest.telemetry;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.MinibatchHeaders;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Ingest's metrics. docs/metrics.md explains each of them. */
@ApplicationScoped
public class IngestMeters {
  private static final Duration[] PUBLISH_BUCKETS =
      Stream.of(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 5000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  /** Of one split. */
  private record Published(Counter images, Counter bytes, Counter records) {}

  private final Map<Split, Published> published = new EnumMap<>(Split.class);
  private final MeterRegistry registry;
  private final Counter datasetErrors;
  private final Counter overlaps;
  private final Timer publish;
  private volatile long leadRecords;
  private volatile long leadLimit;
  private volatile int epoch;
  private volatile int skippedPictures;

  IngestMeters(MeterRegistry registry) {
    this.registry = registry;
    overlaps = registry.counter("millrace.ingest.overlaps");
    for (Split split : Split.values()) {
      published.put(
          split,
          new Published(
              registry.counter("millrace.ingest.images", "split", split.wireName()),
              registry.counter("millrace.ingest.bytes", "split", split.wireName()),
              registry.counter("millrace.ingest.records", "split", split.wireName())));
    }
    datasetErrors = registry.counter("millrace.ingest.dataset.errors");
    publish =
        Timer.builder("millrace.ingest.publish")
            .serviceLevelObjectives(PUBLISH_BUCKETS)
            .register(registry);
    Gauge.builder("millrace.ingest.lead.records", () -> leadRecords).register(registry);
    Gauge.builder("millrace.ingest.lead.limit.records", () -> leadLimit).register(registry);
    Gauge.builder("millrace.ingest.pictures.skipped", () -> skippedPictures).register(registry);
    Gauge.builder("millrace.ingest.epoch", () -> epoch).register(registry);
  }

  /**
   * @param images in the record; none at an epoch's end
   */
  public void published(MinibatchHeaders place, int images, int bytes) {
    Published meters = published.get(place.split());
    meters.images.increment(images);
    meters.bytes.increment(bytes);
    meters.records.increment();
    if (place.split() == Split.TRAIN) {
      epoch = place.epoch();
    }
  }

  /** Kafka has the record, so long after it was sent. */
  public void acknowledged(Duration after) {
    publish.record(after);
  }

  public void lead(long records, long limit) {
    leadRecords = records;
    leadLimit = limit;
  }

  /** A record went to another offset than it should have: two processes publish. */
  public void overlapped() {
    overlaps.increment();
  }

  public void droppedTrainers(Supplier<Number> count) {
    Gauge.builder("millrace.ingest.trainers.dropped", count).register(registry);
  }

  /** So many pictures of the dataset's folder are broken and were left out. */
  public void skippedPictures(int pictures) {
    skippedPictures = pictures;
  }

  public void datasetFailed() {
    datasetErrors.increment();
  }
}
