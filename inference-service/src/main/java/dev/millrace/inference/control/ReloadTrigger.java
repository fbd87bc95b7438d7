package dev.millrace.inference.control;

import dev.millrace.inference.InferenceConfig;
import dev.millrace.inference.reload.CheckpointReloader;
import dev.millrace.inference.selection.RunSelector;
import dev.millrace.inference.serving.InferenceEngine;
import dev.millrace.inference.telemetry.InferenceTracing;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.CheckpointEvent;
import dev.millrace.start.ServiceStart;
import dev.millrace.store.StoreException;
import dev.millrace.store.StoreRefusedException;
import dev.millrace.waits.Waits;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.reactive.messaging.kafka.api.IncomingKafkaRecordMetadata;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/**
 * Triggers polls for a better checkpoint: at the start, periodically, and at once after an event on
 * Kafka. An event is only a hint; the store decides what is served.
 */
@Singleton
public final class ReloadTrigger {
  private static final Logger LOG = Logger.getLogger(ReloadTrigger.class);

  /** How long to wait for the bucket, which a trainer that starts at the same time creates. */
  private static final Duration BUCKET_PATIENCE = Duration.ofSeconds(60);

  private final CheckpointReloader reloader;
  private final InferenceTracing tracing;
  private final Waits waits;
  private final RunSelector run;
  private final int pollSeconds;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "reload"));

  /** Used by the reload thread only; null while it does not wait. */
  private Waits.Wait wait;

  @Inject
  ReloadTrigger(
      CheckpointReloader reloader,
      InferenceTracing tracing,
      InferenceConfig config,
      RunSelector run,
      Waits waits) {
    this(reloader, tracing, config.inference().pollSeconds(), run, waits);
  }

  ReloadTrigger(
      CheckpointReloader reloader,
      InferenceTracing tracing,
      int pollSeconds,
      RunSelector run,
      Waits waits) {
    this.reloader = reloader;
    this.tracing = tracing;
    this.pollSeconds = pollSeconds;
    this.run = run;
    this.waits = waits;
  }

  void start(@Observes StartupEvent event) {
    LOG.infof(
        "engine %s, looking for a checkpoint every %d s", InferenceEngine.load(), pollSeconds);
    thread.scheduleWithFixedDelay(this::poll, 0, pollSeconds, TimeUnit.SECONDS);
  }

  void stop(@Observes ShutdownEvent event) {
    thread.shutdownNow();
  }

  /**
   * Handles a checkpoint event.
   *
   * @throws MalformedException if it is not an event; the channel sends the record to the
   *     dead-letter topic
   */
  @Incoming("checkpoints")
  void onEvent(byte[] value, IncomingKafkaRecordMetadata<byte[], byte[]> record) {
    CheckpointEvent event = Json.read(value, CheckpointEvent.class);
    if (event.type() == null) {
      throw new MalformedException("not a CheckpointEvent: it has no type");
    }
    switch (event.type()) {
      case BEST, PROMOTED, ROLLED_BACK, PINNED, UNPINNED -> {
        Context trace = tracing.announced(event.run(), event.checkpoint(), record.getHeaders());
        try (Scope inTrace = trace.makeCurrent()) {
          LOG.infof("event: %s, %s of run %s", event.type(), event.checkpoint(), event.run());
        }
        pollNow();
      }
      case SAVED, OTHER -> {}
    }
  }

  /** Triggers a poll now and does not wait for it. */
  void pollNow() {
    try {
      thread.execute(this::poll);
    } catch (RejectedExecutionException e) {
      // The service stops. The event must not become a dead letter; the checkpoint is in S3.
      LOG.debug("not looking for a checkpoint: the service stops", e);
    }
  }

  /**
   * Ends the process if it has no model and the store refuses access, which a restart does not fix.
   * A process with a model keeps serving it.
   */
  private void exitIfUnrecoverable(StoreException failure) {
    boolean mayBeCreated =
        failure instanceof StoreRefusedException refusal
            && refusal.bucketMissing()
            && reloader.storeStatus().since().plus(BUCKET_PATIENCE).isAfter(Instant.now());
    if (failure instanceof StoreRefusedException
        && !mayBeCreated
        && reloader.state().serving().isEmpty()) {
      ServiceStart.printMessage(failure.getMessage());
      Quarkus.asyncExit(ServiceStart.EX_CONFIG);
    }
  }

  private void showWait() {
    boolean waiting = reloader.storeFailure().isPresent() || reloader.state().serving().isEmpty();
    if (waiting && wait == null) {
      wait = waits.begin(this::waitedFor);
    } else if (!waiting && wait != null) {
      wait.close();
      wait = null;
    }
  }

  private String waitedFor() {
    return reloader
        .storeFailure()
        .map(failure -> "the checkpoint store: " + failure.getMessage())
        .orElse("a checkpoint that can be served, of " + run);
  }

  private void poll() {
    try {
      reloader.poll();
      reloader.storeFailure().ifPresent(this::exitIfUnrecoverable);
      showWait();
    } catch (Error e) {
      // The executor would swallow it and stop polling. A process that ends is restarted.
      LOG.fatal("out of memory, or the engine is broken", e);
      Runtime.getRuntime().exit(1);
    }
  }
}
