package dev.millrace.inference;

import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import jakarta.inject.Singleton;

/** Whether events arrive. */
@Singleton
final class KafkaStatus {
  private final KafkaClientService clients;
  private final int pollSeconds;

  KafkaStatus(KafkaClientService clients, InferenceConfig config) {
    this.clients = clients;
    pollSeconds = config.inference().pollSeconds();
  }

  boolean isConnected() {
    KafkaConsumer<?, ?> consumer = clients.getConsumer("checkpoints");
    return consumer != null && connections(consumer) > 0;
  }

  /** For people. */
  String text() {
    return isConnected()
        ? "connected"
        : "away; S3 is asked every %d s instead".formatted(pollSeconds);
  }

  private static double connections(KafkaConsumer<?, ?> consumer) {
    return consumer.unwrap().metrics().entrySet().stream()
        .filter(metric -> metric.getKey().name().equals("connection-count"))
        .mapToDouble(metric -> ((Number) metric.getValue().metricValue()).doubleValue())
        .sum();
  }
}
