package dev.millrace.inference.health;

import dev.millrace.protocol.Topics;
import dev.millrace.start.ServiceStart;
import dev.millrace.start.kafka.KafkaClients;
import dev.millrace.start.kafka.TopicAccess;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.jboss.logging.Logger;

/**
 * Ends the service if its credentials or rights on its topics are wrong, which its channels would
 * only log repeatedly. Retries while Kafka is unavailable, since the service works without it.
 */
@Singleton
final class KafkaRights {
  private static final Logger LOG = Logger.getLogger(KafkaRights.class);
  private static final Duration PAUSE = Duration.ofSeconds(5);
  private static final Map<String, List<AclOperation>> NEEDED =
      Map.of(
          Topics.CHECKPOINTS, List.of(AclOperation.READ, AclOperation.WRITE),
          Topics.METRICS, List.of(AclOperation.READ),
          Topics.DEAD_LETTERS, List.of(AclOperation.WRITE));

  private final Map<String, Object> kafka;
  private final Thread thread = new Thread(this::check, "kafka-rights");

  KafkaRights(@Identifier("default-kafka-broker") Map<String, Object> kafka) {
    this.kafka = kafka;
    thread.setDaemon(true);
  }

  void start(@Observes StartupEvent event) {
    thread.start();
  }

  void stop(@Observes ShutdownEvent event) {
    thread.interrupt();
  }

  private void check() {
    try {
      while (!isGranted()) {
        Thread.sleep(PAUSE.toMillis());
      }
    } catch (TopicAccess.DeniedException e) {
      ServiceStart.printMessage(e.getMessage());
      Quarkus.asyncExit(ServiceStart.EX_CONFIG);
    } catch (InterruptedException e) {
      LOG.debug("stopped before Kafka answered", e);
    }
  }

  /**
   * Returns whether all rights are granted. False while a topic does not exist or Kafka does not
   * answer; then the check is repeated.
   */
  private boolean isGranted() throws TopicAccess.DeniedException, InterruptedException {
    try (Admin admin = Admin.create(KafkaClients.impatient(kafka))) {
      return new TopicAccess(admin).missing(NEEDED).isEmpty();
    } catch (ExecutionException | KafkaException e) {
      LOG.debug("Kafka does not answer; its health check says so", e);
      return false;
    }
  }
}
