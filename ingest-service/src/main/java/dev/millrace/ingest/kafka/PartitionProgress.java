package dev.millrace.ingest.kafka;

import dev.millrace.ingest.kafka.MinibatchTopics.End;
import dev.millrace.ingest.kafka.MinibatchTopics.Offsets;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.EpochDigest;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.MinibatchHeaders.Kind;
import dev.millrace.protocol.stream.ResendRequest;
import java.util.Comparator;
import org.apache.kafka.common.TopicPartition;

/** A partition and the last record that is published to it. One thread uses it. */
final class PartitionProgress {
  private static final Comparator<MinibatchHeaders> FURTHEST =
      Comparator.comparingInt(MinibatchHeaders::epoch).thenComparingInt(MinibatchHeaders::batch);

  /** Records that are published again have a higher generation than those before them. */
  private static final Comparator<MinibatchHeaders> NEWEST =
      Comparator.comparingInt(MinibatchHeaders::generation).thenComparing(FURTHEST);

  private final TopicPartition partition;
  private final Offsets offsetsAtOpening;
  private MinibatchHeaders last;
  private final int generation;
  private EpochDigest digest;

  private PartitionProgress(
      TopicPartition partition, Offsets offsets, MinibatchHeaders last, int generation) {
    this.partition = partition;
    this.offsetsAtOpening = offsets;
    this.last = last;
    this.generation = generation;
  }

  /** Continues a partition where it ends. */
  static PartitionProgress atEnd(TopicPartition partition, End end) {
    MinibatchHeaders newest = end.last().stream().max(NEWEST).orElse(null);
    Offsets offsets = new Offsets(end.firstOffset(), end.nextOffset());
    int generation = newest == null ? 0 : newest.generation();
    return new PartitionProgress(partition, offsets, newest, generation);
  }

  /**
   * Continues the same partition from an earlier record, in a new generation.
   *
   * @param request names the first record to publish
   */
  PartitionProgress rewindTo(String stream, Split split, ResendRequest request) {
    MinibatchHeaders before =
        new MinibatchHeaders(
            stream, split, request.epoch(), request.batch() - 1, Kind.MINIBATCH, generation + 1);
    return new PartitionProgress(partition, offsetsAtOpening, before, generation + 1);
  }

  /** Returns whether the record that a trainer asks for is not yet published. */
  boolean isBefore(ResendRequest request) {
    return last == null
        || last.epoch() < request.epoch()
        || last.epoch() == request.epoch() && last.batch() < request.batch();
  }

  /** Returns how often records of this partition were published again, for their headers. */
  int generation() {
    return generation;
  }

  TopicPartition partition() {
    return partition;
  }

  /** Returns the first and the next offset of the partition when it was opened. */
  Offsets offsetsAtOpening() {
    return offsetsAtOpening;
  }

  /** Records that a record was published. */
  void published(MinibatchHeaders place) {
    last = place;
  }

  /** Returns the headers of the last record; null if the partition is empty. */
  MinibatchHeaders last() {
    return last;
  }

  /** Returns the first epoch whose end is not published. */
  int unfinishedEpoch() {
    if (last == null) {
      return 1;
    }
    return last.kind() == Kind.EPOCH_END ? last.epoch() + 1 : last.epoch();
  }

  /** Returns whether the record with these headers is published. */
  boolean holds(MinibatchHeaders place) {
    return last != null && FURTHEST.compare(place, last) <= 0;
  }

  /** Begins the digest of an epoch. */
  void beginEpoch(String stream, Split split, int epoch) {
    digest = EpochDigest.begin(stream, split, epoch);
  }

  /** Adds a minibatch to the epoch's digest. */
  void add(byte[] minibatch) {
    digest = digest.add(minibatch);
  }

  /** Returns the digest of the minibatches that were added since the epoch began. */
  EpochDigest digest() {
    return digest;
  }
}
