package dev.millrace.protocol;

/**
 * The value of the record that closes an epoch: what a reader must have seen before it.
 *
 * @param schema version of this JSON, now {@value #SCHEMA}
 * @param stream the whole description, so that a reader of any split knows the dataset
 * @param batches minibatches in the epoch
 * @param images images in the epoch
 * @param digest {@link EpochDigest} of the minibatches' values in order
 */
public record EpochEnd(
    int schema,
    StreamDescription stream,
    Split split,
    int epoch,
    int batches,
    int images,
    String digest) {
  public static final int SCHEMA = 1;
}
