package dev.millrace.ingest.kafka;

import dev.millrace.ingest.kafka.MinibatchTopics.Offsets;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.ResendRequest;
import dev.millrace.protocol.stream.StreamDescription;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * Publishes the validation and test splits, which are the same in every epoch, once. Publishes them
 * again if records of them are deleted. Only the process that holds the first training partition
 * does so. One thread uses it.
 */
final class FixedSplits {
  private static final Logger LOG = Logger.getLogger(FixedSplits.class);
  private static final Duration CHECK_INTERVAL = Duration.ofSeconds(10);

  private final StreamDescription stream;
  private final KafkaAccess kafka;
  private final PartitionWriter writer;
  private final Map<Split, Offsets> published = new EnumMap<>(Split.class);
  private boolean testIsDue;
  private long nextCheck = System.nanoTime() + CHECK_INTERVAL.toNanos();

  FixedSplits(StreamDescription stream, KafkaAccess kafka, PartitionWriter writer) {
    this.stream = stream;
    this.kafka = kafka;
    this.writer = writer;
  }

  /**
   * Begins with the partitions that this process holds now: publishes validation if one of them is
   * the first.
   */
  void begin(Set<Integer> partitions) throws InterruptedException {
    published.clear();
    testIsDue = partitions.contains(0);
    if (partitions.contains(0)) {
      publish(Split.VALIDATION);
    }
  }

  /** Publishes test, unless it is published; trainers read it last. */
  void publishTest() throws InterruptedException {
    if (testIsDue) {
      publish(Split.TEST);
      testIsDue = false;
    }
  }

  private void publish(Split split) throws InterruptedException {
    PartitionProgress progress = writer.open(split, 0);
    long first = progress.offsetsAtOpening().first();
    long held = progress.offsetsAtOpening().next() - first;
    int records = stream.batches(split) + 1;
    if (progress.last() != null && first > 0 && held < records) {
      LOG.warnf("%s: some records were deleted; publishing the split again", split.topic());
      progress = progress.rewindTo(stream.id(), split, new ResendRequest(0, 0, first));
    }
    writer.writeEpoch(new TreeMap<>(Map.of(0, progress)), split, 0);
    long next = kafka.producer().nextOffset(progress.partition());
    published.put(split, new Offsets(first, next));
  }

  /**
   * Creates topics that were deleted, and publishes a split again if records of it were deleted.
   * Does nothing if called again within {@link #CHECK_INTERVAL}.
   */
  void repair() throws InterruptedException {
    if (System.nanoTime() < nextCheck) {
      return;
    }
    nextCheck = System.nanoTime() + CHECK_INTERVAL.toNanos();
    kafka.retry(() -> kafka.topics().ensureTopics(stream.partitions()));
    for (Split split : Set.copyOf(published.keySet())) {
      TopicPartition partition = new TopicPartition(split.topic(), 0);
      Offsets now = kafka.retry(() -> kafka.topics().offsets(partition));
      Offsets then = published.get(split);
      if (now.first() != then.first() || now.next() < then.next()) {
        publish(split);
      }
    }
  }
}
