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

  /** The counters of one split. */
  private record Published(Counter images, Counter bytes, Counter records) {}

  private final Map<Split, Published> published = new EnumMap<>(Split.class);
  private final MeterRegistry registry;
  private final Counter datasetErrors;
  private final Counter overlaps;
  private final Timer publish;
  private volatile long recordsAhead;
  private volatile long maxRecordsAhead;
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
    Gauge.builder("millrace.ingest.ahead.records", () -> recordsAhead).register(registry);
    Gauge.builder("millrace.ingest.max.ahead.records", () -> maxRecordsAhead).register(registry);
    Gauge.builder("millrace.ingest.pictures.skipped", () -> skippedPictures).register(registry);
    Gauge.builder("millrace.ingest.epoch", () -> epoch).register(registry);
  }

  /**
   * Counts a record that was sent.
   *
   * @param images in the record; 0 at an epoch's end
   */
  public void countPublished(MinibatchHeaders place, int images, int bytes) {
    Published meters = published.get(place.split());
    meters.images.increment(images);
    meters.bytes.increment(bytes);
    meters.records.increment();
    if (place.split() == Split.TRAIN) {
      epoch = place.epoch();
    }
  }

  /** Records the time from sending a record to Kafka's acknowledgement. */
  public void recordAcknowledgement(Duration after) {
    publish.record(after);
  }

  /** Sets how far the stream is ahead of the slowest trainer, and the limit, in records. */
  public void setRecordsAhead(long records, long limit) {
    recordsAhead = records;
    maxRecordsAhead = limit;
  }

  /** Counts a record at an unexpected offset: another process publishes too. */
  public void countOverlap() {
    overlaps.increment();
  }

  /** Registers the gauge of trainers that the stream no longer waits for. */
  public void registerDroppedTrainers(Supplier<Number> count) {
    Gauge.builder("millrace.ingest.trainers.dropped", count).register(registry);
  }

  /** Sets the number of broken pictures that were left out. */
  public void setSkippedPictures(int pictures) {
    skippedPictures = pictures;
  }

  /** Counts a dataset that could not be used. */
  public void countDatasetError() {
    datasetErrors.increment();
  }
}
