package dev.millrace.inference.page;

import dev.millrace.inference.reload.CheckpointReloader;
import dev.millrace.inference.reload.ReloadState;
import dev.millrace.inference.run.EventLog;
import dev.millrace.inference.run.FailedRuns;
import dev.millrace.inference.run.ReloadView;
import dev.millrace.inference.run.RunView;
import dev.millrace.inference.run.ServiceWaits;
import dev.millrace.inference.run.ServiceWaits.ServiceWait;
import dev.millrace.inference.run.TrainingHistory;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.Topics;
import dev.millrace.protocol.run.CheckpointEvent;
import dev.millrace.protocol.run.TrainingEvent;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.reactive.messaging.annotations.Blocking;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/**
 * Collects events for the page from the two event topics and from this service's reloads. Training
 * events are read from the beginning of the topic, so that the curve of a running training is
 * complete after a restart.
 */
@Singleton
final class LiveRun {
  private static final Logger LOG = Logger.getLogger(LiveRun.class);
  private static final long WATCH_MILLIS = 250;
  private static final long WATCH_WAITS_MILLIS = 1_000;
  private static final Duration CAUGHT_UP = Duration.ofMillis(500);

  private final TrainingHistory history;
  private final FailedRuns failedRuns;
  private final ServiceWaits waits;
  private final RunView view;
  private final MultiGauge failures;
  private final EventLog log;
  private final CheckpointReloader reloader;
  private final Vertx vertx;
  private final Instant started = Instant.now();
  private volatile Instant lastOld;
  private ReloadState told;
  private List<ServiceWait> toldWaits = List.of();

  LiveRun(
      TrainingHistory history,
      FailedRuns failedRuns,
      ServiceWaits waits,
      RunView view,
      EventLog log,
      CheckpointReloader reloader,
      Vertx vertx,
      MeterRegistry registry) {
    this.history = history;
    this.failedRuns = failedRuns;
    this.waits = waits;
    this.view = view;
    this.log = log;
    this.reloader = reloader;
    this.vertx = vertx;
    // A failed trainer has ended before its own metrics can be scraped.
    failures = MultiGauge.builder("millrace.inference.run.failed").register(registry);
  }

  void start(@Observes StartupEvent event) {
    vertx.setPeriodic(WATCH_MILLIS, timer -> watch());
    vertx.setPeriodic(WATCH_WAITS_MILLIS, timer -> watchWaits());
  }

  /**
   * Handles a record. An invalid one is only logged, since the channel {@code checkpoints} sends it
   * to the dead-letter topic.
   */
  @Incoming("run-events")
  @Blocking
  void onRecord(ConsumerRecord<String, byte[]> record) {
    try {
      if (record.value() == null) {
        throw new MalformedException("a record without a value");
      }
      if (record.topic().equals(Topics.CHECKPOINTS)) {
        Json.read(record.value(), CheckpointEvent.class);
        tell(record, "checkpoint");
      } else {
        TrainingEvent event = Json.read(record.value(), TrainingEvent.class);
        waits.add(event);
        if (event.isProgress()) {
          history.add(event);
          if (failedRuns.add(event)) {
            failures.register(failedRuns.all().entrySet().stream().map(this::row).toList(), true);
          }
          tell(record, "training");
        }
      }
    } catch (MalformedException e) {
      LOG.warnf(
          "%s, partition %d, offset %d: %s",
          record.topic(), record.partition(), record.offset(), e.getMessage());
    }
  }

  private MultiGauge.Row<Number> row(Map.Entry<String, Boolean> run) {
    return MultiGauge.Row.of(Tags.of("run", run.getKey()), run.getValue() ? 1 : 0);
  }

  /**
   * Appends new events. Events from before the start are history: readers are reset once all of it
   * is read.
   */
  private void tell(ConsumerRecord<String, byte[]> record, String type) {
    if (record.timestamp() >= started.toEpochMilli()) {
      log.append(type, record.value());
    } else {
      lastOld = Instant.now();
    }
  }

  private void watch() {
    ReloadState state = reloader.state();
    if (state != told) {
      told = state;
      log.append("reload", Json.bytes(ReloadView.of(state)));
    }
    Instant old = lastOld;
    if (old != null && Instant.now().isAfter(old.plus(CAUGHT_UP))) {
      lastOld = null;
      log.append(EventLog.RESET, Json.bytes(new Reset("history read")));
    }
  }

  private void watchWaits() {
    List<ServiceWait> waiting = view.waiting();
    if (!waiting.equals(toldWaits)) {
      toldWaits = waiting;
      log.append("waiting", Json.bytes(waiting));
    }
  }

  private record Reset(String reason) {}
}
