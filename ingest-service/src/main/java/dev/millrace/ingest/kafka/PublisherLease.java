package dev.millrace.ingest.kafka;

import dev.millrace.ingest.kafka.KafkaRetry.BrokerException;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Makes this process the only publisher to its share of the training topic's partitions, by a
 * consumer group that never consumes: Kafka gives each partition to one member. Members are static,
 * a name for each replica that Kafka gives to whoever asked last: a process that is started anew
 * has the share of the one that was killed at once, and of two with one name the older stops. One
 * thread uses it.
 */
public final class PublisherLease implements AutoCloseable {
  private static final String GROUP = Topics.INGEST_GROUP;
  private static final String MEMBER = "publisher-";
  private static final Duration HEARTBEAT = Duration.ofMillis(300);

  /** After which the others share what a replica had that does not come back. */
  private static final Duration GONE = Duration.ofSeconds(10);

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final long CHECK_NANOS = Duration.ofMillis(100).toNanos();

  /** After a pause like this, another process may long have taken over. */
  private static final long HUNG_NANOS = Duration.ofSeconds(2).toNanos();

  private final String member;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Runnable beforeHandover;
  private boolean joined;
  private int changes;
  private int changesAtTake;
  private long checkedAt;

  /** The share is another now, or may be; what to publish is to be found out anew. */
  static final class ChangedException extends RuntimeException {
    ChangedException() {
      super("Kafka shares the partitions anew");
    }
  }

  /**
   * @param client how to reach Kafka
   * @param replica the number of this process among those that share the partitions
   * @param beforeHandover waits until Kafka has what was sent; then the partitions may go to others
   */
  public PublisherLease(Map<String, Object> client, int replica, Runnable beforeHandover) {
    this.beforeHandover = beforeHandover;
    member = MEMBER + replica;
    Map<String, Object> settings = new HashMap<>(client);
    settings.put("group.id", GROUP);
    settings.put("group.instance.id", member);
    settings.put("heartbeat.interval.ms", (int) HEARTBEAT.toMillis());
    settings.put("session.timeout.ms", (int) GONE.toMillis());
    settings.put("enable.auto.commit", false);
    settings.put("auto.offset.reset", "earliest");
    consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.subscribe(List.of(Split.TRAIN.topic()), new Handover());
  }

  private final class Handover implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      consumer.pause(partitions);
      joined = true;
      changes++;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      onPartitionsLost(partitions);
      beforeHandover.run();
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      joined = false;
      changes++;
    }
  }

  /**
   * Takes the share and gives a process that had the name the time to notice and to stop.
   *
   * @return the partitions to publish to; none if there are more replicas than partitions
   * @throws BrokerException if Kafka does not answer in time
   */
  Set<Integer> take() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!joined) {
      if (System.nanoTime() > deadline) {
        throw new BrokerException(
            "Kafka does not make this process the member %s of group %s".formatted(member, GROUP),
            null);
      }
      poll(HEARTBEAT);
    }
    awaitHeartbeats();
    changesAtTake = changes;
    Set<Integer> partitions = new TreeSet<>();
    if (joined) {
      consumer.assignment().forEach(partition -> partitions.add(partition.partition()));
    }
    return partitions;
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
   * @throws ChangedException if the share is no longer what was taken
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
    if (changes != changesAtTake) {
      throw new ChangedException();
    }
  }

  /**
   * Commits offsets of the group, whose metadata others read; this process itself does not.
   *
   * @throws ChangedException if the share is no longer what was taken
   */
  void commit(Map<TopicPartition, OffsetAndMetadata> marks) {
    try {
      consumer.commitSync(marks);
    } catch (CommitFailedException | RebalanceInProgressException e) {
      throw new ChangedException();
    } catch (KafkaException e) {
      throw new BrokerException("group %s: %s".formatted(GROUP, e.getMessage()), e);
    }
  }

  private void poll(Duration timeout) {
    try {
      consumer.poll(timeout);
    } catch (FencedInstanceIdException e) {
      throw new IngestStoppedException(
          "another ingest process publishes as replica %s since now, and this one stops; run one for each MILLRACE_INGEST_REPLICA"
              .formatted(member.substring(MEMBER.length())),
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
