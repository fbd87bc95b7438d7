package dev.millrace.trainer.loop;

import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.ResendRequest;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;

/** The training split as it comes from Kafka, partition by partition. One thread reads it. */
public interface MinibatchStream {

  /**
   * A record and where it stood.
   *
   * @param header the value of a header by name, or null
   */
  record Delivery(
      String topic, int partition, long offset, Function<String, byte[]> header, byte[] value) {

    /** {@code topic/partition@offset}, for messages. */
    public String where() {
      return "%s/%d@%d".formatted(topic, partition, offset);
    }

    /**
     * @throws dev.millrace.protocol.MalformedException if a header is missing or not of its form
     */
    public MinibatchHeaders headers() {
      return MinibatchHeaders.from(header);
    }
  }

  /**
   * Begins to read, and tells ingest so.
   *
   * @param nextOffsets of every partition
   */
  void seek(Map<Integer, Long> nextOffsets);

  /**
   * Waits until {@link #next} would return at once.
   *
   * @return false if nothing came in that time
   */
  default boolean await(int partition, Duration patience) {
    return true;
  }

  /**
   * Tells once that records of a partition were deleted before they were read, or that its log was
   * created again.
   *
   * @return the offset at which reading goes on; empty if nothing was lost
   */
  default OptionalLong lostBefore(int partition) {
    return OptionalLong.empty();
  }

  /**
   * Asks ingest to publish lost records again; the request stands until {@link #received}.
   *
   * @param resumed whether the run has a checkpoint; a new run may be refused
   * @throws StreamException if the request cannot be met
   */
  default void request(int partition, ResendRequest lost, boolean resumed) {
    throw new IllegalStateException("a stream that loses nothing was asked for " + lost);
  }

  /** Ends the request for a partition: its next record is there. */
  default void received(int partition) {}

  /** Says why no record comes, as far as is known; completes "…, which ingest publishes". */
  default String reasonForWaiting() {
    return "";
  }

  /**
   * Checks, while no record comes, that one of this epoch can come.
   *
   * @throws StreamException if ingest has ended before this epoch
   */
  default void requireComing(int epoch) {}

  /**
   * Waits for the next record of a partition.
   *
   * @return null when this process is about to stop
   */
  Delivery next(int partition);

  /** Tells Kafka, and so ingest, that a checkpoint holds everything before these offsets. */
  void commit(Map<Integer, Long> nextOffsets);

  /** Hands a record that cannot be decoded to the dead-letter topic. */
  void deadLetter(Delivery delivery, String reason);
}
