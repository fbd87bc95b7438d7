package dev.millrace.protocol.stream;

import dev.millrace.protocol.Split;

/**
 * The value of the record that closes an epoch on a partition. It describes what a reader of the
 * partition must have read before this record.
 *
 * @param schema version of this JSON, now {@value #SCHEMA}
 * @param stream the complete description, so that a reader of any split knows the dataset
 * @param partition the partition on which the epoch ends
 * @param batches minibatches of the epoch on this partition
 * @param images images in these minibatches
 * @param digest {@link EpochDigest} of the values of the minibatches in order
 */
public record EpochEnd(
    int schema,
    StreamDescription stream,
    Split split,
    int epoch,
    int partition,
    int batches,
    int images,
    String digest) {
  public static final int SCHEMA = 2;

  /**
   * Creates the end of an epoch with the expected counts of the stream.
   *
   * @param digest digest of all minibatches of the epoch on the partition
   */
  public static EpochEnd of(
      StreamDescription stream, Split split, int epoch, int partition, EpochDigest digest) {
    return new EpochEnd(
        SCHEMA,
        stream,
        split,
        epoch,
        partition,
        stream.batches(split, partition),
        stream.images(split, partition),
        digest.value());
  }
}
