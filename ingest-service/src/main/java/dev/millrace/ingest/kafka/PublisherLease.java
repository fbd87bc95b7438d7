package dev.millrace.ingest.kafka;

import dev.millrace.ingest.kafka.KafkaRetry.KafkaUnavailableException;
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
 * Makes this process the only publisher to its partitions of the training topic, by a consumer
 * group that does not consume: Kafka assigns each partition to one member. Members are static, with
 * an instance id for each replica. So a restarted process gets the partitions of its predecessor at
 * once, and if two processes have the same id, Kafka fences the older one. One thread uses it.
 */
public final class PublisherLease implements AutoCloseable {
  private static final String GROUP = Topics.INGEST_GROUP;
  private static final String MEMBER = "publisher-";
  private static final Duration HEARTBEAT = Duration.ofMillis(300);

  /** After this time without a heartbeat, the partitions go to other replicas. */
  private static final Duration SESSION_TIMEOUT = Duration.ofSeconds(10);

  private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(10);
  private static final long CHECK_NANOS = Duration.ofMillis(100).toNanos();

  /** After a pause of this length, another process may have taken over. */
  private static final long HUNG_NANOS = Duration.ofSeconds(2).toNanos();

  private final String member;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Runnable beforeHandover;
  private boolean joined;
  private int changes;
  private int changesAtAcquire;
  private long checkedAt;

  /** The assignment of partitions has changed. The caller takes them again. */
  static final class ReassignedException extends RuntimeException {
    ReassignedException() {
      super("Kafka reassigns the partitions");
    }
  }

  /**
   * Creates the group's member; it joins in {@link #acquire()}.
   *
   * @param client settings of Kafka's clients
   * @param replica the index of this process among those that share the partitions
   * @param beforeHandover waits until Kafka has acknowledged all records; called before partitions
   *     go to other processes
   */
  public PublisherLease(Map<String, Object> client, int replica, Runnable beforeHandover) {
    this.beforeHandover = beforeHandover;
    member = MEMBER + replica;
    Map<String, Object> settings = new HashMap<>(client);
    settings.put("group.id", GROUP);
    settings.put("group.instance.id", member);
    settings.put("heartbeat.interval.ms", (int) HEARTBEAT.toMillis());
    settings.put("session.timeout.ms", (int) SESSION_TIMEOUT.toMillis());
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
   * Joins the group, and waits until an older process with the same id has noticed and stopped.
   *
   * @return the partitions to publish to; empty if there are more replicas than partitions
   * @throws KafkaUnavailableException if Kafka does not answer in time
   */
  Set<Integer> acquire() {
    long deadline = System.nanoTime() + JOIN_TIMEOUT.toNanos();
    while (!joined) {
      if (System.nanoTime() > deadline) {
        throw new KafkaUnavailableException(
            "Kafka does not let this process join group %s as member %s".formatted(GROUP, member),
            null);
      }
      poll(HEARTBEAT);
    }
    awaitHeartbeats();
    changesAtAcquire = changes;
    Set<Integer> partitions = new TreeSet<>();
    if (joined) {
      consumer.assignment().forEach(partition -> partitions.add(partition.partition()));
    }
    return partitions;
  }

  /** Waits until the other processes have noticed, and records that a killed one sent arrive. */
  private void awaitHeartbeats() {
    long end = System.nanoTime() + 2 * HEARTBEAT.toNanos();
    while (System.nanoTime() < end) {
      poll(HEARTBEAT);
    }
    checkedAt = System.nanoTime();
  }

  /**
   * Checks that the partitions are still assigned to this process. Cheap enough to be called before
   * each record. After a pause of the process it waits for two heartbeats first.
   *
   * @throws ReassignedException if the assignment has changed since {@link #acquire()}
   * @throws PublishRefusedException if another process has the same replica index
   */
  void check() {
    long unchecked = System.nanoTime() - checkedAt;
    if (unchecked > HUNG_NANOS) {
      awaitHeartbeats();
    } else if (unchecked > CHECK_NANOS) {
      poll(Duration.ZERO);
      checkedAt = System.nanoTime();
    }
    if (changes != changesAtAcquire) {
      throw new ReassignedException();
    }
  }

  /**
   * Commits offsets of the group. Trainers read their metadata; ingest does not.
   *
   * @throws ReassignedException if the assignment has changed since {@link #acquire()}
   */
  void commit(Map<TopicPartition, OffsetAndMetadata> offsets) {
    try {
      consumer.commitSync(offsets);
    } catch (CommitFailedException | RebalanceInProgressException e) {
      throw new ReassignedException();
    } catch (KafkaException e) {
      throw new KafkaUnavailableException("group %s: %s".formatted(GROUP, e.getMessage()), e);
    }
  }

  private void poll(Duration timeout) {
    try {
      consumer.poll(timeout);
    } catch (FencedInstanceIdException e) {
      throw new PublishRefusedException(
          "another ingest process has taken over as replica %s; this process is stopping; run only one process for each MILLRACE_INGEST_REPLICA_INDEX"
              .formatted(member.substring(MEMBER.length())),
          e);
    } catch (KafkaException e) {
      throw new KafkaUnavailableException("group %s: %s".formatted(GROUP, e.getMessage()), e);
    }
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
  }
}
