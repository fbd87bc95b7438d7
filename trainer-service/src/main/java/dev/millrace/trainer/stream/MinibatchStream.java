package dev.millrace.trainer.stream;

import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.ResendRequest;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;

/** The training split as read from Kafka, partition by partition. One thread reads it. */
public interface MinibatchStream {

  /**
   * A record and its position in Kafka.
   *
   * @param header looks up the value of a header by name; null if the header is missing
   */
  record Delivery(
      String topic, int partition, long offset, Function<String, byte[]> header, byte[] value) {

    /** Returns {@code topic/partition@offset}, for messages. */
    public String where() {
      return "%s/%d@%d".formatted(topic, partition, offset);
    }

    /**
     * Parses the headers.
     *
     * @throws dev.millrace.protocol.MalformedException if a header is missing or malformed
     */
    public MinibatchHeaders headers() {
      return MinibatchHeaders.from(header);
    }
  }

  /**
   * Begins to read and registers this run with ingest.
   *
   * @param nextOffsets the offset to begin at, by partition
   */
  void seek(Map<Integer, Long> nextOffsets);

  /**
   * Waits until {@link #next} would return without waiting.
   *
   * @return false if no record arrived in that time
   */
  default boolean await(int partition, Duration patience) {
    return true;
  }

  /**
   * Reports, once, that records of a partition were deleted before they were read, or that its log
   * was created again.
   *
   * @return the offset at which reading continues; empty if nothing was lost
   */
  default OptionalLong lostBefore(int partition) {
    return OptionalLong.empty();
  }

  /**
   * Asks ingest to publish lost records again. The request stays active until {@link #endResend} is
   * called.
   *
   * @param resumed whether the run has a checkpoint; the request of a new run may be refused
   * @throws StreamException if the request cannot be fulfilled
   */
  default void requestResend(int partition, ResendRequest lost, boolean resumed) {
    throw new IllegalStateException("this stream does not support resend requests: " + lost);
  }

  /** Ends the request for a partition because its next record has arrived. */
  default void endResend(int partition) {}

  /** Returns why no record arrives, as far as is known; completes "…, which ingest publishes". */
  default String reasonForWaiting() {
    return "";
  }

  /**
   * Checks, while no record arrives, that ingest will still publish the records of a step in this
   * epoch.
   *
   * @throws StreamException if ingest has ended before this epoch, or if a step takes more records
   *     than ingest publishes ahead of a checkpoint
   */
  default void requirePublished(int epoch) {}

  /**
   * Waits for the next record of a partition.
   *
   * @return the record, or null if this process is about to stop
   */
  Delivery next(int partition);

  /**
   * Commits offsets to Kafka, where ingest reads them: a checkpoint covers all records before them.
   */
  void commit(Map<Integer, Long> offsets);

  /** Sends a record that cannot be decoded to the dead-letter topic. */
  void deadLetter(Delivery delivery, String reason);
}
