package dev.millrace.ingest;

import dev.millrace.ingest.KafkaPatience.BrokerException;
import dev.millrace.ingest.stream.TrainerGroup;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.MinibatchHeaders;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
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
  static final String MAX_MESSAGE_BYTES = "16777216";
  private static final int TAIL = 16;
  private static final String SEGMENT_BYTES = "67108864";

  private final Admin admin;
  private final Map<String, Object> client;

  /**
   * @param client how to reach Kafka
   */
  StreamLog(Map<String, Object> client) {
    this.client = client;
    admin = Admin.create(client);
  }

  /**
   * Settings of an impatient client.
   *
   * @param kafka how all clients of this service reach Kafka
   */
  static Map<String, Object> client(Map<String, Object> kafka) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put("default.api.timeout.ms", (int) PATIENCE.toMillis());
    settings.put("request.timeout.ms", (int) PATIENCE.toMillis() / 2);
    return settings;
  }

  /**
   * Makes the topics that are not there; those that are keep their settings.
   *
   * @param partitions of the training topic
   * @throws IngestStoppedException if it has another number of them
   */
  void ensureTopics(int partitions) {
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
    for (NewTopic topic : Stream.concat(minibatches, others).toList()) {
      try {
        await(admin.createTopics(List.of(topic)).all());
      } catch (BrokerException e) {
        if (!(e.getCause() instanceof TopicExistsException)) {
          throw e;
        }
      }
    }
    requirePartitions(partitions);
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
   * @param nextOffset that the next record will get
   */
  record End(List<MinibatchHeaders> last, long nextOffset) {}

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
      return new End(last, consumer.position(partition));
    } catch (KafkaException e) {
      throw new BrokerException("%s: %s".formatted(partition, e.getMessage()), e);
    }
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

  /**
   * Every trainer's consumer group, in two round trips however many there are. One that has not
   * committed yet is at offset 0.
   *
   * @param partitions of the training topic
   */
  List<TrainerGroup> trainers(int partitions) {
    List<TopicPartition> train = IntStream.range(0, partitions).mapToObj(StreamLog::train).toList();
    Map<String, Boolean> present = new HashMap<>();
    for (GroupListing group :
        await(admin.listGroups(ListGroupsOptions.forConsumerGroups()).all())) {
      if (group.groupId().startsWith(Topics.TRAINER_GROUP_PREFIX)) {
        boolean empty = group.groupState().filter(GroupState.EMPTY::equals).isPresent();
        present.put(group.groupId(), !empty);
      }
    }
    if (present.isEmpty()) {
      return List.of();
    }
    var wanted = new ListConsumerGroupOffsetsSpec().topicPartitions(train);
    Map<String, ListConsumerGroupOffsetsSpec> groups = new HashMap<>();
    present.keySet().forEach(group -> groups.put(group, wanted));
    List<TrainerGroup> trainers = new ArrayList<>();
    await(admin.listConsumerGroupOffsets(groups).all())
        .forEach(
            (group, committed) -> {
              if (train.stream().map(committed::get).noneMatch(StreamLog::isComplete)) {
                List<Long> offsets =
                    train.stream().map(committed::get).map(StreamLog::offset).toList();
                trainers.add(new TrainerGroup(group, present.get(group), offsets));
              }
            });
    return trainers;
  }

  private static boolean isComplete(OffsetAndMetadata committed) {
    return committed != null && committed.metadata().equals(Topics.TRAINER_COMPLETE);
  }

  private static long offset(OffsetAndMetadata committed) {
    return committed == null ? 0 : committed.offset();
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
}
