package dev.millrace.ingest;

import dev.millrace.ingest.KafkaPatience.BrokerException;
import dev.millrace.protocol.Split;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Makes this process the only publisher: it is the static member of a consumer group, a name that
 * Kafka gives to whoever asked last. So a process that is started anew needs to wait for none that
 * was killed, and of two that run at once the older one stops. One thread uses it; nothing is ever
 * consumed.
 */
final class PublisherLease implements AutoCloseable {
  private static final String GROUP = "millrace.ingest";
  private static final String MEMBER = "publisher";
  private static final Duration HEARTBEAT = Duration.ofMillis(300);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final long CHECK_NANOS = Duration.ofMillis(100).toNanos();

  /** After a pause like this, another process may long have taken over. */
  private static final long HUNG_NANOS = Duration.ofSeconds(2).toNanos();

  private final KafkaConsumer<byte[], byte[]> consumer;
  private long checkedAt;

  /**
   * @param client how to reach Kafka
   */
  PublisherLease(Map<String, Object> client) {
    Map<String, Object> settings = new HashMap<>(client);
    settings.put("group.id", GROUP);
    settings.put("group.instance.id", MEMBER);
    settings.put("heartbeat.interval.ms", (int) HEARTBEAT.toMillis());
    // Waiting for trainers or for Kafka may take as long as it likes.
    settings.put("max.poll.interval.ms", Integer.MAX_VALUE);
    settings.put("enable.auto.commit", false);
    settings.put("auto.offset.reset", "earliest");
    consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.subscribe(
        List.of(Split.TRAIN.topic()),
        new ConsumerRebalanceListener() {
          @Override
          public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            consumer.pause(partitions);
          }

          @Override
          public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            // Only the name counts.
          }
        });
  }

  /**
   * Takes the name and gives a process that had it the time to notice and to stop.
   *
   * @throws BrokerException if Kafka does not answer in time
   */
  void take() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (consumer.assignment().isEmpty()) {
      if (System.nanoTime() > deadline) {
        throw new BrokerException(
            "Kafka does not make this process the member %s of group %s".formatted(MEMBER, GROUP),
            null);
      }
      poll(HEARTBEAT);
    }
    awaitHeartbeats();
  }

  /** Long enough to be told, and for what a killed process still had in a socket to arrive. */
  private void awaitHeartbeats() {
    long told = System.nanoTime() + 2 * HEARTBEAT.toNanos();
    while (System.nanoTime() < told) {
      poll(HEARTBEAT);
    }
    checkedAt = System.nanoTime();
  }

  /**
   * Cheap enough to be asked before every record. A process that hung waits until it is sure.
   *
   * @throws IngestStoppedException if another process has taken the name
   */
  void check() {
    long unchecked = System.nanoTime() - checkedAt;
    if (unchecked > HUNG_NANOS) {
      awaitHeartbeats();
    } else if (unchecked > CHECK_NANOS) {
      poll(Duration.ZERO);
      checkedAt = System.nanoTime();
    }
  }

  private void poll(Duration timeout) {
    try {
      consumer.poll(timeout);
    } catch (FencedInstanceIdException e) {
      throw new IngestStoppedException(
          "another ingest process publishes to this Kafka since now, and this one stops; run one at a time",
          e);
    } catch (KafkaException e) {
      throw new BrokerException("group %s: %s".formatted(GROUP, e.getMessage()), e);
    }
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
  }
}
