package dev.millrace.ingest;

import dev.millrace.protocol.MinibatchHeaders;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupListing;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The log as it stands on Kafka: where it ends, how far the trainers are, what may go. Every method
 * throws {@link BrokerException} if the broker does not answer in time; the caller tries again.
 */
final class StreamLog implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String MAX_MESSAGE_BYTES = "16777216";
  private static final String SEGMENT_BYTES = "67108864";

  private final Admin admin;
  private final Map<String, Object> client;

  StreamLog(String bootstrapServers) {
    client = new HashMap<>();
    client.put("bootstrap.servers", bootstrapServers);
    client.put("default.api.timeout.ms", (int) PATIENCE.toMillis());
    client.put("request.timeout.ms", (int) PATIENCE.toMillis() / 2);
    admin = Admin.create(client);
  }

  /** Makes the topics that are not there; those that are keep their settings. */
  void ensureTopics() {
    Map<String, String> settings =
        Map.of(
            "retention.ms",
            "-1",
            "max.message.bytes",
            MAX_MESSAGE_BYTES,
            "segment.bytes",
            SEGMENT_BYTES,
            "compression.type",
            "uncompressed");
    Stream<NewTopic> minibatches =
        Stream.of(Split.values()).map(split -> topic(split.topic()).configs(settings));
    Stream<NewTopic> others =
        Stream.of(Topics.METRICS, Topics.CHECKPOINTS, Topics.DEAD_LETTERS)
            .map(name -> topic(name).configs(Map.of("max.message.bytes", MAX_MESSAGE_BYTES)));
    for (NewTopic topic : Stream.concat(minibatches, others).toList()) {
      try {
        await(admin.createTopics(List.of(topic)).all());
      } catch (BrokerException e) {
        if (!(e.getCause() instanceof TopicExistsException)) {
          throw e;
        }
      }
    }
  }

  private static NewTopic topic(String name) {
    return new NewTopic(name, Optional.of(1), Optional.empty());
  }

  /**
   * A record's place.
   *
   * @param headers of the last record; null if there is none
   * @param nextOffset that the next record will get
   */
  record End(MinibatchHeaders headers, long nextOffset) {}

  /**
   * @throws dev.millrace.protocol.MalformedException if the last record is not ours
   */
  End end(Split split) {
    TopicPartition partition = new TopicPartition(split.topic(), 0);
    try (var consumer =
        new KafkaConsumer<>(client, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      long next = consumer.endOffsets(List.of(partition)).get(partition);
      long first = consumer.beginningOffsets(List.of(partition)).get(partition);
      if (next == first) {
        return new End(null, next);
      }
      consumer.seek(partition, next - 1);
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(PATIENCE)) {
        return new End(
            MinibatchHeaders.from(
                name -> {
                  Header header = record.headers().lastHeader(name);
                  return header == null ? null : header.value();
                }),
            next);
      }
      throw new BrokerException("%s: the last record did not come".formatted(partition), null);
    } catch (KafkaException e) {
      throw new BrokerException("%s: %s".formatted(partition, e.getMessage()), e);
    }
  }

  /**
   * The committed offset of the slowest trainer on the training topic: everything before it is in
   * checkpoints.
   *
   * @return empty if no trainer has committed yet
   */
  OptionalLong slowestTrainer() {
    TopicPartition partition = new TopicPartition(Split.TRAIN.topic(), 0);
    OptionalLong slowest = OptionalLong.empty();
    for (ConsumerGroupListing group : await(admin.listConsumerGroups().all())) {
      if (!group.groupId().startsWith(Topics.TRAINER_GROUP_PREFIX)) {
        continue;
      }
      OffsetAndMetadata committed =
          await(admin.listConsumerGroupOffsets(group.groupId()).partitionsToOffsetAndMetadata())
              .get(partition);
      long offset = committed == null ? 0 : committed.offset();
      slowest = OptionalLong.of(Math.min(offset, slowest.orElse(Long.MAX_VALUE)));
    }
    return slowest;
  }

  /** Lets the broker free what is before this offset on the training topic. */
  void deleteBefore(long offset) {
    TopicPartition partition = new TopicPartition(Split.TRAIN.topic(), 0);
    await(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(offset))).all());
  }

  private static <T> T await(KafkaFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new BrokerException("Kafka: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerException("interrupted", e);
    }
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(2));
  }

  /** The broker did not answer, or refused. */
  static final class BrokerException extends RuntimeException {
    BrokerException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
