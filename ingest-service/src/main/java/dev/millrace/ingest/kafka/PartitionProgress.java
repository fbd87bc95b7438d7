package dev.millrace.ingest.kafka;

import dev.millrace.protocol.EpochDigest;
import dev.millrace.protocol.MinibatchHeaders;
import dev.millrace.protocol.MinibatchHeaders.Kind;
import dev.millrace.protocol.ResendRequest;
import dev.millrace.protocol.Split;
import java.util.Collection;
import java.util.Comparator;
import org.apache.kafka.common.TopicPartition;

/** A partition and how far it is published. One thread uses it. */
final class PartitionProgress {
  private static final Comparator<MinibatchHeaders> FURTHEST =
      Comparator.comparingInt(MinibatchHeaders::epoch).thenComparingInt(MinibatchHeaders::batch);

  /** After ingest went back, the newer records are those of the higher generation. */
  private static final Comparator<MinibatchHeaders> NEWEST =
      Comparator.comparingInt(MinibatchHeaders::generation).thenComparing(FURTHEST);

  private final TopicPartition partition;
  private MinibatchHeaders last;
  private final int generation;
  private EpochDigest digest;

  private PartitionProgress(TopicPartition partition, MinibatchHeaders last, int generation) {
    this.partition = partition;
    this.last = last;
    this.generation = generation;
  }

  /**
   * Takes over a partition where it ends.
   *
   * @param places of its last records; none in an empty one
   */
  static PartitionProgress atEnd(TopicPartition partition, Collection<MinibatchHeaders> places) {
    MinibatchHeaders newest = places.stream().max(NEWEST).orElse(null);
    return new PartitionProgress(partition, newest, newest == null ? 0 : newest.generation());
  }

  /**
   * Goes back to an earlier place, from which on records are published again in a new generation.
   *
   * @param request names the first record to publish
   */
  PartitionProgress backTo(String stream, Split split, ResendRequest request) {
    MinibatchHeaders before =
        new MinibatchHeaders(
            stream, split, request.epoch(), request.batch() - 1, Kind.MINIBATCH, generation + 1);
    return new PartitionProgress(partition, before, generation + 1);
  }

  /** Returns whether a record of this place is still to be published. */
  boolean isBefore(ResendRequest request) {
    return last == null
        || last.epoch() < request.epoch()
        || last.epoch() == request.epoch() && last.batch() < request.batch();
  }

  /** How often ingest went back on this partition, for the headers of its records. */
  int generation() {
    return generation;
  }

  TopicPartition partition() {
    return partition;
  }

  /** Takes in that a record was published. */
  void published(MinibatchHeaders place) {
    last = place;
  }

  /** The newest place in it; null in an empty one. */
  MinibatchHeaders last() {
    return last;
  }

  /** The first epoch of the training split that it does not hold to its end. */
  int unfinishedEpoch() {
    if (last == null) {
      return 1;
    }
    return last.kind() == Kind.EPOCH_END ? last.epoch() + 1 : last.epoch();
  }

  /** Whether it holds the record of this place. */
  boolean held(MinibatchHeaders place) {
    return last != null && FURTHEST.compare(place, last) <= 0;
  }

  void beginEpoch(String stream, Split split, int epoch) {
    digest = EpochDigest.begin(stream, split, epoch);
  }

  void add(byte[] minibatch) {
    digest = digest.add(minibatch);
  }

  /** Of what was added since the epoch began. */
  EpochDigest digest() {
    return digest;
  }
}
