package dev.millrace.ingest.kafka;

import dev.millrace.ingest.kafka.KafkaRetry.BrokerException;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.start.kafka.TopicAccess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Creates the topics, reads where they begin and end, and deletes records. Every method throws
 * {@link BrokerException} if the broker does not answer in time; the caller retries.
 */
public final class MinibatchTopics implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  static final String MAX_MESSAGE_BYTES = "16777216";
  private static final int TAIL = 16;
  private static final String SEGMENT_BYTES = "67108864";

  private final Admin admin;
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
    trainers = new TrainerGroups(admin);
  }

  /**
   * Creates the topics that do not exist. Existing topics keep their settings.
   *
   * @param partitions of the training topic
   * @throws IngestStoppedException if the topic has another number of partitions, or Kafka denies a
   *     right
   */
  void ensureTopics(int partitions) {
    List<String> missing = missingTopics();
    for (NewTopic topic : topics(partitions)) {
      if (missing.contains(topic.name())) {
        create(topic);
      }
    }
    requirePartitions(partitions);
  }

  private List<String> missingTopics() {
    Map<String, List<AclOperation>> needed = new LinkedHashMap<>();
    for (Split split : Split.values()) {
      needed.put(split.topic(), List.of(AclOperation.READ, AclOperation.WRITE));
    }
    needed.put(
        Split.TRAIN.topic(), List.of(AclOperation.READ, AclOperation.WRITE, AclOperation.DELETE));
    needed.put(Topics.METRICS, List.of(AclOperation.WRITE));
    needed.put(Topics.CHECKPOINTS, List.of());
    needed.put(Topics.DEAD_LETTERS, List.of());
    try {
      return new TopicAccess(admin).missing(needed);
    } catch (TopicAccess.DeniedException e) {
      throw new IngestStoppedException(e.getMessage(), e);
    } catch (ExecutionException e) {
      throw new BrokerException("Kafka: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerException("interrupted", e);
    }
  }

  private static List<NewTopic> topics(int partitions) {
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
        Stream.of(Split.values())
            .map(split -> topic(split.topic(), split == Split.TRAIN ? partitions : 1))
            .map(topic -> topic.configs(settings));
    Stream<NewTopic> others =
        Stream.of(Topics.METRICS, Topics.CHECKPOINTS, Topics.DEAD_LETTERS)
            .map(name -> topic(name, 1).configs(Map.of("max.message.bytes", MAX_MESSAGE_BYTES)));
    return Stream.concat(minibatches, others).toList();
  }

  private void create(NewTopic topic) {
    try {
      await(admin.createTopics(List.of(topic)).all());
    } catch (BrokerException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw e;
      }
    }
  }

  private static NewTopic topic(String name, int partitions) {
    return new NewTopic(name, Optional.of(partitions), Optional.empty());
  }

  private void requirePartitions(int partitions) {
    String train = Split.TRAIN.topic();
    int found =
        await(admin.describeTopics(List.of(train)).allTopicNames()).get(train).partitions().size();
    if (found != partitions) {
      throw new IngestStoppedException(
          "MILLRACE_INGEST_PARTITIONS=%d: allowed: %d, the number of partitions that %s has; or delete the topic, and ingest creates it with %d"
              .formatted(partitions, found, train, partitions));
    }
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
   * @throws IngestStoppedException if a record is not a minibatch
   */
  End end(TopicPartition partition) {
    try (var consumer =
        new KafkaConsumer<>(client, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      long next = consumer.endOffsets(List.of(partition)).get(partition);
      long first = consumer.beginningOffsets(List.of(partition)).get(partition);
      consumer.seek(partition, Math.max(first, next - TAIL));
      List<MinibatchHeaders> last = new ArrayList<>();
      while (consumer.position(partition) < next) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(TIMEOUT);
        if (records.isEmpty()) {
          throw new BrokerException(
              "%s: timeout while reading the last records".formatted(partition), null);
        }
        records.forEach(record -> last.add(headers(record)));
      }
      return new End(last, first, consumer.position(partition));
    } catch (KafkaException e) {
      throw new BrokerException("%s: %s".formatted(partition, e.getMessage()), e);
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
      throw new IngestStoppedException(
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
}
