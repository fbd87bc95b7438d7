package dev.millrace.protocol.stream;

import dev.millrace.protocol.Split;

/**
 * The value of the record that closes an epoch on a partition: what a reader of that partition must
 * have seen before it.
 *
 * @param schema version of this JSON, now {@value #SCHEMA}
 * @param stream the whole description, so that a reader of any split knows the dataset
 * @param partition that it closes
 * @param batches minibatches of the epoch on this partition
 * @param images images in them
 * @param digest {@link EpochDigest} of the minibatches' values in order
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
   * The end of an epoch as it must be.
   *
   * @param digest of all its minibatches on the partition
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
