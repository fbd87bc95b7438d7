package dev.millrace.ingest.kafka;

import dev.millrace.ingest.kafka.KafkaRetry.KafkaUnavailableException;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.MinibatchHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Creates the topics, reads where they begin and end, and deletes records. Every method throws
 * {@link KafkaUnavailableException} if the broker does not answer in time; the caller retries.
 */
public final class MinibatchTopics implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int TAIL = 16;

  private final Admin admin;
  private final TopicSetup setup;
  private final TrainerGroups trainers;
  private final Map<String, Object> client;

  /**
   * Creates the clients.
   *
   * @param client settings of Kafka's clients
   */
  public MinibatchTopics(Map<String, Object> client) {
    this.client = client;
    admin = Admin.create(client);
    setup = new TopicSetup(admin);
    trainers = new TrainerGroups(admin);
  }

  /** See {@link TopicSetup#ensureTopics}. */
  void ensureTopics(int partitions) {
    setup.ensureTopics(partitions);
  }

  /**
   * The end of a partition.
   *
   * @param last the headers of the last records, up to {@value #TAIL}; empty if there are none
   * @param firstOffset the offset of the first record; above 0 if records were deleted
   * @param nextOffset the offset of the next record
   */
  record End(List<MinibatchHeaders> last, long firstOffset, long nextOffset) {}

  /**
   * Reads the end of a partition. One record is not enough, because a process that hung for a while
   * may have published a few older records after the newest one.
   *
   * @throws PublishRefusedException if a record is not a minibatch
   */
  End end(TopicPartition partition) {
    Map<String, Object> reader = new HashMap<>(client);
    // The consumer only looks: committing would need rights on a group.
    reader.put("enable.auto.commit", false);
    try (var consumer =
        new KafkaConsumer<>(reader, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      long next = consumer.endOffsets(List.of(partition)).get(partition);
      long first = consumer.beginningOffsets(List.of(partition)).get(partition);
      consumer.seek(partition, Math.max(first, next - TAIL));
      List<MinibatchHeaders> last = new ArrayList<>();
      while (consumer.position(partition) < next) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(TIMEOUT);
        if (records.isEmpty()) {
          throw new KafkaUnavailableException(
              "Kafka did not return the last records of %s in time".formatted(partition), null);
        }
        records.forEach(record -> last.add(headers(record)));
      }
      return new End(last, first, consumer.position(partition));
    } catch (KafkaException e) {
      throw new KafkaUnavailableException("%s: %s".formatted(partition, e.getMessage()), e);
    }
  }

  /**
   * The range of offsets of a partition.
   *
   * @param first the offset of the first record
   * @param next the offset of the next record
   */
  record Offsets(long first, long next) {}

  /** Returns the range of offsets of a partition. */
  Offsets offsets(TopicPartition partition) {
    var first = admin.listOffsets(Map.of(partition, OffsetSpec.earliest()));
    var next = admin.listOffsets(Map.of(partition, OffsetSpec.latest()));
    return new Offsets(
        await(first.partitionResult(partition)).offset(),
        await(next.partitionResult(partition)).offset());
  }

  private static MinibatchHeaders headers(ConsumerRecord<byte[], byte[]> record) {
    try {
      return MinibatchHeaders.from(
          name -> {
            Header header = record.headers().lastHeader(name);
            return header == null ? null : header.value();
          });
    } catch (MalformedException e) {
      throw new PublishRefusedException(
          "%s, partition %d, offset %d is not a minibatch (%s); stop the other program that writes to this topic, and use an empty Kafka (another --home)"
              .formatted(record.topic(), record.partition(), record.offset(), e.getMessage()),
          e);
    }
  }

  /** Returns the trainers of the stream. */
  TrainerGroups trainers() {
    return trainers;
  }

  /** Returns the first offset of each partition of a topic. */
  List<Long> begins(String topic, int partitions) {
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    for (int partition = 0; partition < partitions; partition++) {
      wanted.put(new TopicPartition(topic, partition), OffsetSpec.earliest());
    }
    var offsets = await(admin.listOffsets(wanted).all());
    return IntStream.range(0, partitions)
        .mapToObj(partition -> offsets.get(new TopicPartition(topic, partition)).offset())
        .toList();
  }

  /** Returns a partition of the training topic. */
  static TopicPartition train(int partition) {
    return new TopicPartition(Split.TRAIN.topic(), partition);
  }

  /**
   * Deletes the oldest records of the training topic.
   *
   * @param offsets by partition: records before this offset are deleted
   */
  void deleteBefore(Map<Integer, Long> offsets) {
    Map<TopicPartition, RecordsToDelete> records = new HashMap<>();
    offsets.forEach(
        (partition, offset) -> records.put(train(partition), RecordsToDelete.beforeOffset(offset)));
    await(admin.deleteRecords(records).all());
  }

  /** Waits for the result of a request. */
  static <T> T await(KafkaFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new KafkaUnavailableException("Kafka: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaUnavailableException("interrupted", e);
    }
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(2));
  }
}
