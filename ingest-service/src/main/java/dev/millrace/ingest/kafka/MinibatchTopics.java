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
 * The log as it stands on Kafka: where it ends, how far the trainers are, what may go. Every method
 * throws {@link BrokerException} if the broker does not answer in time; the caller tries again.
 */
public final class MinibatchTopics implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  static final String MAX_MESSAGE_BYTES = "16777216";
  private static final int TAIL = 16;
  private static final String SEGMENT_BYTES = "67108864";

  private final Admin admin;
  private final TrainerGroups trainers;
  private final Map<String, Object> client;

  /**
   * @param client how to reach Kafka
   */
  public MinibatchTopics(Map<String, Object> client) {
    this.client = client;
    admin = Admin.create(client);
    trainers = new TrainerGroups(admin);
  }

  /**
   * Creates the topics that do not exist; those that do keep their settings.
   *
   * @param partitions of the training topic
   * @throws IngestStoppedException if it has another number of them, or Kafka denies a right
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
          "%s has %d partitions and MILLRACE_INGEST_PARTITIONS is '%d'; set it to %d, or make the topic anew with %d"
              .formatted(train, found, partitions, found, partitions));
    }
  }

  /**
   * Where a topic ends.
   *
   * @param last the places of the last records, up to {@value #TAIL}; empty if there are none
   * @param firstOffset of the first record that is there; above 0 if records were deleted
   * @param nextOffset that the next record will get
   */
  record End(List<MinibatchHeaders> last, long firstOffset, long nextOffset) {}

  /**
   * The end of a partition. More than the last record is looked at, because one that hung and woke
   * up may have put a few old ones after the furthest.
   *
   * @throws IngestStoppedException if one is no record of a stream
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
        ConsumerRecords<byte[], byte[]> records = consumer.poll(PATIENCE);
        if (records.isEmpty()) {
          throw new BrokerException("%s: the last records did not come".formatted(partition), null);
        }
        records.forEach(record -> last.add(headers(record)));
      }
      return new End(last, first, consumer.position(partition));
    } catch (KafkaException e) {
      throw new BrokerException("%s: %s".formatted(partition, e.getMessage()), e);
    }
  }

  /**
   * The extent of a partition.
   *
   * @param first of the first record that is there
   * @param next that the next record will get
   */
  record Offsets(long first, long next) {}

  /** Returns where a partition begins and ends. */
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
          "%s, partition %d, offset %d is no minibatch (%s); something else writes to this topic: stop it, and use an empty Kafka (another --home)"
              .formatted(record.topic(), record.partition(), record.offset(), e.getMessage()),
          e);
    }
  }

  /** The trainers of the stream. */
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

  static TopicPartition train(int partition) {
    return new TopicPartition(Split.TRAIN.topic(), partition);
  }

  /**
   * Lets the broker free records of the training topic.
   *
   * @param offsets by partition: what is before them goes
   */
  void deleteBefore(Map<Integer, Long> offsets) {
    Map<TopicPartition, RecordsToDelete> records = new HashMap<>();
    offsets.forEach(
        (partition, offset) -> records.put(train(partition), RecordsToDelete.beforeOffset(offset)));
    await(admin.deleteRecords(records).all());
  }

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
