package dev.millrace.inference;

import dev.millrace.inference.serving.CheckpointReloader;
import dev.millrace.inference.serving.InferenceEngine;
import dev.millrace.protocol.CheckpointEvent;
import dev.millrace.protocol.Json;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/**
 * When to look for a better checkpoint: at the start, every few seconds, and at once when Kafka
 * says that there is one. An event is only a hint; what is served stands in S3.
 */
@Singleton
final class Reloads {
  private static final Logger LOG = Logger.getLogger(Reloads.class);

  private final CheckpointReloader reloader;
  private final int pollSeconds;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "reload"));

  Reloads(CheckpointReloader reloader, InferenceConfig config) {
    this.reloader = reloader;
    pollSeconds = config.inference().pollSeconds();
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
   * @throws dev.millrace.protocol.MalformedException if it is no event; the channel sends such
   *     records to the dead letters
   */
  @Incoming("checkpoints")
  void onEvent(byte[] value) {
    CheckpointEvent event = Json.read(value, CheckpointEvent.class);
    if (event.type() == CheckpointEvent.Type.BEST) {
      LOG.infof("event: %s of run %s is the best", event.checkpoint(), event.run());
      thread.execute(this::poll);
    }
  }

  private void poll() {
    try {
      reloader.poll();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Error e) {
      // The executor would swallow it and never poll again; a dead process is seen and restarted.
      LOG.fatal("out of memory, or the engine is broken", e);
      Runtime.getRuntime().exit(1);
    }
  }
}
