package dev.millrace.trainer.training;

import dev.millrace.protocol.MinibatchHeaders;
import java.util.Map;
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
    MinibatchHeaders headers() {
      return MinibatchHeaders.from(header);
    }
  }

  /**
   * Begins to read.
   *
   * @param nextOffsets by partition; partitions that are not named begin at the log's begin
   */
  void seek(Map<Integer, Long> nextOffsets);

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
