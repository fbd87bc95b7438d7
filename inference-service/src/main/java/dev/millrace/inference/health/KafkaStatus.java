package dev.millrace.inference.health;

import dev.millrace.inference.InferenceConfig;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import jakarta.inject.Singleton;
import java.time.Duration;

/**
 * Tells whether Kafka is connected. An open connection is not enough, since a broker that hangs
 * keeps it open. A working broker answers each fetch within {@code fetch.max.wait.ms}, two seconds.
 * Thread-safe.
 */
@Singleton
final class KafkaStatus {
  private static final long SILENCE_NANOS = Duration.ofSeconds(5).toNanos();

  private final KafkaClientService clients;
  private final int pollSeconds;
  private double responses;
  private long respondedAt = System.nanoTime();

  KafkaStatus(KafkaClientService clients, InferenceConfig config) {
    this.clients = clients;
    pollSeconds = config.inference().pollSeconds();
  }

  /** Returns whether Kafka has answered within the last five seconds. */
  synchronized boolean isConnected() {
    KafkaConsumer<?, ?> consumer = clients.getConsumer("checkpoints");
    if (consumer == null || sum(consumer, "connection-count") == 0) {
      return false;
    }
    double now = sum(consumer, "response-total");
    if (now != responses) {
      responses = now;
      respondedAt = System.nanoTime();
    }
    return System.nanoTime() - respondedAt < SILENCE_NANOS;
  }

  /** Returns the status as text for the health check. */
  String text() {
    return isConnected()
        ? "connected"
        : "away; S3 is asked every %d s instead".formatted(pollSeconds);
  }

  private static double sum(KafkaConsumer<?, ?> consumer, String metric) {
    return consumer.unwrap().metrics().values().stream()
        .filter(value -> value.metricName().name().equals(metric))
        .filter(value -> value.metricName().group().equals("consumer-metrics"))
        .mapToDouble(value -> ((Number) value.metricValue()).doubleValue())
        .sum();
  }
}
