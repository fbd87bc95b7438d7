package dev.millrace.trainer;

import dev.millrace.protocol.Topics;
import dev.millrace.start.kafka.KafkaClients;
import dev.millrace.trainer.kafka.IngestWatch;
import dev.millrace.trainer.loop.TrainerSettings;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/** Producers of the objects that the trainer's beans share. */
final class TrainerBeans {
  @Produces
  @Singleton
  Admin admin(@Identifier("default-kafka-broker") Map<String, Object> kafka) {
    return Admin.create(KafkaClients.impatient(kafka));
  }

  @Produces
  @Singleton
  TrainerSettings settings(TrainerConfig config) {
    return config.settings();
  }

  @Produces
  @Singleton
  IngestWatch ingest(Admin admin, TrainerSettings settings) {
    return new IngestWatch(admin, Topics.TRAINER_GROUP_PREFIX + settings.run());
  }

  void close(@Disposes Admin admin) {
    admin.close(Duration.ZERO);
  }
}
