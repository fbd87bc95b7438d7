package dev.millrace.ingest.telemetry;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.waits.Waits;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.reactive.messaging.MutinyEmitter;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;
import org.jboss.logging.Logger;

/** Publishes what ingest waits for to {@code millrace.metrics}, for the web page. */
@Singleton
final class WaitEvents {
  private static final Logger LOG = Logger.getLogger(WaitEvents.class);

  private final MutinyEmitter<byte[]> metrics;
  private final Waits waits;

  WaitEvents(
      @Channel("metrics") @OnOverflow(OnOverflow.Strategy.DROP) MutinyEmitter<byte[]> metrics,
      Waits waits) {
    this.metrics = metrics;
    this.waits = waits;
  }

  void start(@Observes StartupEvent event) {
    waits.onChange(
        (since, what) ->
            metrics
                .send(Json.bytes(TrainingEvent.waiting("ingest", null, since, what)))
                .subscribe()
                .with(
                    done -> {}, failure -> LOG.warnf("cannot send a waiting event: %s", failure)));
  }
}
