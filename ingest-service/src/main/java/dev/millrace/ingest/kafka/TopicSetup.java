package dev.millrace.ingest.kafka;

import dev.millrace.ingest.kafka.KafkaRetry.KafkaUnavailableException;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.start.kafka.TopicAccess;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.TopicExistsException;

/** Creates the topics of the stream and checks that they fit the settings. */
final class TopicSetup {
  static final String MAX_MESSAGE_BYTES = "16777216";
  private static final String SEGMENT_BYTES = "67108864";

  private final Admin admin;

  TopicSetup(Admin admin) {
    this.admin = admin;
  }

  /**
   * Creates the topics that do not exist. Existing topics keep their settings.
   *
   * @param partitions of the training topic
   * @throws PublishRefusedException if the topic has another number of partitions, or Kafka denies
   *     a right
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
      throw new PublishRefusedException(e.getMessage(), e);
    } catch (ExecutionException e) {
      throw new KafkaUnavailableException("Kafka: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaUnavailableException("interrupted", e);
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

  private static NewTopic topic(String name, int partitions) {
    return new NewTopic(name, Optional.of(partitions), Optional.empty());
  }

  private void create(NewTopic topic) {
    try {
      MinibatchTopics.await(admin.createTopics(List.of(topic)).all());
    } catch (KafkaUnavailableException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw e;
      }
    }
  }

  private void requirePartitions(int partitions) {
    String train = Split.TRAIN.topic();
    int found =
        MinibatchTopics.await(admin.describeTopics(List.of(train)).allTopicNames())
            .get(train)
            .partitions()
            .size();
    if (found != partitions) {
      throw new PublishRefusedException(
          "MILLRACE_INGEST_PARTITIONS=%d: allowed: %d, the number of partitions that %s has; or delete the topic, and ingest creates it with %d"
              .formatted(partitions, found, train, partitions));
    }
  }
}
