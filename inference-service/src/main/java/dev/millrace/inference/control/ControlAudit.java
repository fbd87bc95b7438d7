package dev.millrace.inference.control;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.CheckpointEvent;
import dev.millrace.protocol.run.CheckpointEvent.Type;
import dev.millrace.protocol.run.CheckpointManifest;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;
import org.jboss.logging.Logger;

/**
 * Records the changes that operators make: a log line, and an event for the other replicas. Without
 * Kafka, these see the pin at their next poll.
 */
@Singleton
final class ControlAudit {
  private static final Logger LOG = Logger.getLogger("dev.millrace.audit");

  private final MutinyEmitter<byte[]> events;

  ControlAudit(
      @Channel("control-events") @OnOverflow(OnOverflow.Strategy.DROP)
          MutinyEmitter<byte[]> events) {
    this.events = events;
  }

  void changed(Type type, CheckpointManifest checkpoint, HttpServerRequest request) {
    LOG.infof(
        "%s checkpoint %s of run %s, by the admin token, from %s",
        type, checkpoint.id(), checkpoint.run(), request.remoteAddress());
    CheckpointEvent event = CheckpointEvent.of(type, checkpoint);
    events
        .send(Json.bytes(event))
        .subscribe()
        .with(
            done -> {},
            failure -> LOG.warnf("the event %s was not sent: %s", event.type(), failure));
  }
}
