package dev.millrace.inference.health;

import dev.millrace.inference.InferenceConfig;
import dev.millrace.waits.Waits;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Reports that this service waits for Kafka. Since no call blocks meanwhile, it checks the status
 * every second.
 */
@Singleton
final class KafkaWait {
  private static final long LOOK_MILLIS = 1_000;

  private final Waits waits;
  private final KafkaStatus kafka;
  private final String what;
  private final Vertx vertx;

  /** Used by one event loop only; null while it does not wait. */
  private Waits.Wait wait;

  KafkaWait(Waits waits, KafkaStatus kafka, InferenceConfig config, Vertx vertx) {
    this.waits = waits;
    this.kafka = kafka;
    this.vertx = vertx;
    what =
        "Kafka at %s; the store is asked every %d s instead"
            .formatted(config.kafka().bootstrapServers(), config.inference().pollSeconds());
  }

  void start(@Observes StartupEvent event) {
    vertx.setPeriodic(LOOK_MILLIS, timer -> look());
  }

  private void look() {
    boolean connected = kafka.isConnected();
    if (!connected && wait == null) {
      wait = waits.begin(what);
    } else if (connected && wait != null) {
      wait.close();
      wait = null;
    }
  }
}
