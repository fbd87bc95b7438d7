package dev.millrace.ingest.kafka;

import dev.millrace.ingest.kafka.MinibatchTopics.End;
import dev.millrace.ingest.stream.MinibatchSource;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.EpochEnd;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.MinibatchHeaders.Kind;
import dev.millrace.protocol.stream.StreamDescription;
import java.time.Duration;
import java.util.SortedMap;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/** Writes epochs to partitions, each from where it ends. One thread uses it. */
final class PartitionWriter {
  private static final Logger LOG = Logger.getLogger(PartitionWriter.class);

  private final MinibatchSource source;
  private final StreamDescription stream;
  private final String streamId;
  private final KafkaAccess kafka;
  private final Gate gate;

  /** Limits how far training records run ahead of the trainers. */
  interface Gate {
    /** Waits until the next record of a partition of the training topic may be published. */
    void await(TopicPartition partition) throws InterruptedException;
  }

  /**
   * Creates a writer that writes nothing yet.
   *
   * @param gate is passed before each training record
   */
  PartitionWriter(MinibatchSource source, KafkaAccess kafka, Gate gate) {
    this.source = source;
    this.stream = source.description();
    this.streamId = stream.id();
    this.kafka = kafka;
    this.gate = gate;
  }

  /**
   * Finds out where a partition ends. The next record is published there.
   *
   * @throws PublishRefusedException if the partition holds another stream
   */
  PartitionProgress open(Split split, int number) throws InterruptedException {
    TopicPartition partition = new TopicPartition(split.topic(), number);
    End end = kafka.retry(() -> kafka.topics().end(partition));
    for (MinibatchHeaders place : end.last()) {
      if (!place.stream().equals(streamId)) {
        throw new PublishRefusedException(
            "%s holds stream %s, but these settings make stream %s; use the settings that it was started with, or an empty Kafka (another --home)"
                .formatted(split.topic(), place.stream(), streamId));
      }
    }
    PartitionProgress progress = PartitionProgress.atEnd(partition, end);
    MinibatchHeaders last = progress.last();
    if (last != null) {
      LOG.infof(
          "%s ends at offset %d with %s %d of epoch %d; continuing there",
          partition, end.nextOffset(), last.kind(), last.batch(), last.epoch());
    }
    kafka.producer().begin(partition, end.nextOffset());
    return progress;
  }

  /**
   * Publishes those records of an epoch that the partitions do not hold, and waits until Kafka has
   * them.
   *
   * @param partitions by number: where each of them ends
   * @param epoch from 1 for {@link Split#TRAIN}, else 0
   */
  void writeEpoch(SortedMap<Integer, PartitionProgress> partitions, Split split, int epoch)
      throws InterruptedException {
    for (PartitionProgress partition : partitions.values()) {
      partition.beginEpoch(streamId, split, epoch);
    }
    for (int batch = 0; batch < stream.batches(split); batch++) {
      int number = split == Split.TRAIN ? stream.partition(batch) : 0;
      PartitionProgress partition = partitions.get(number);
      if (partition != null && !partition.holds(end(partition, split, epoch))) {
        writeMinibatch(partition, split, epoch, batch);
      }
    }
    for (PartitionProgress partition : partitions.values()) {
      writeEnd(partition, split, epoch);
    }
    kafka.retry(kafka.producer()::flush);
  }

  /** A minibatch that the partition holds is only made for the epoch's digest. */
  private void writeMinibatch(PartitionProgress partition, Split split, int epoch, int batch)
      throws InterruptedException {
    long begin = System.nanoTime();
    byte[] value = source.at(split, epoch, batch);
    Duration augmentation = Duration.ofNanos(System.nanoTime() - begin);
    partition.add(value);
    MinibatchHeaders place =
        new MinibatchHeaders(streamId, split, epoch, batch, Kind.MINIBATCH, partition.generation());
    if (!partition.holds(place)) {
      publish(partition, place, value, source.images(split, batch), augmentation);
    }
  }

  private void writeEnd(PartitionProgress partition, Split split, int epoch)
      throws InterruptedException {
    MinibatchHeaders end = end(partition, split, epoch);
    if (!partition.holds(end)) {
      int number = partition.partition().partition();
      EpochEnd content = EpochEnd.of(stream, split, epoch, number, partition.digest());
      publish(partition, end, Json.bytes(content), 0, Duration.ZERO);
    }
  }

  private MinibatchHeaders end(PartitionProgress partition, Split split, int epoch) {
    return new MinibatchHeaders(
        streamId, split, epoch, stream.batches(split), Kind.EPOCH_END, partition.generation());
  }

  private void publish(
      PartitionProgress partition,
      MinibatchHeaders place,
      byte[] value,
      int images,
      Duration augmentation)
      throws InterruptedException {
    kafka.retry(kafka.producer()::awaitCapacity);
    kafka.retry(kafka.lease()::check);
    if (place.split() == Split.TRAIN) {
      gate.await(partition.partition());
    }
    kafka.producer().publish(partition.partition(), place, value, images, augmentation);
    partition.published(place);
  }
}
