package dev.millrace.ingest;

import dev.millrace.protocol.EpochDigest;
import dev.millrace.protocol.MinibatchHeaders;
import dev.millrace.protocol.MinibatchHeaders.Kind;
import dev.millrace.protocol.Split;
import java.util.Comparator;
import org.apache.kafka.common.TopicPartition;

/** One partition and what it held when this process took it over. One thread uses it. */
final class PublishedShare {
  private static final Comparator<MinibatchHeaders> FURTHEST =
      Comparator.comparingInt(MinibatchHeaders::epoch).thenComparingInt(MinibatchHeaders::batch);

  private final TopicPartition partition;
  private final MinibatchHeaders last;
  private EpochDigest digest;

  /**
   * @param places of its last records; none in an empty one
   */
  PublishedShare(TopicPartition partition, Iterable<MinibatchHeaders> places) {
    this.partition = partition;
    MinibatchHeaders furthest = null;
    for (MinibatchHeaders place : places) {
      if (furthest == null || FURTHEST.compare(place, furthest) > 0) {
        furthest = place;
      }
    }
    last = furthest;
  }

  TopicPartition partition() {
    return partition;
  }

  /** The furthest place in it; null in an empty one. */
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

  /** Whether it held the record of this place already. */
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
