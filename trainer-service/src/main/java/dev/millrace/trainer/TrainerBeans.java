package dev.millrace.trainer;

import dev.millrace.start.kafka.KafkaClients;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/** Creates what the trainer's beans share. */
final class TrainerBeans {
  @Produces
  @Singleton
  Admin admin(@Identifier("default-kafka-broker") Map<String, Object> kafka) {
    return Admin.create(KafkaClients.impatient(kafka));
  }

  void close(@Disposes Admin admin) {
    admin.close(Duration.ZERO);
  }
}
