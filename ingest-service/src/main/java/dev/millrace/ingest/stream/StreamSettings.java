package dev.millrace.ingest.stream;

/**
 * What makes a stream of a dataset. The service's configuration checks the ranges.
 *
 * @param seed of the held-out images, the shuffle and the augmentation
 * @param batchSize images a minibatch
 * @param validation {@code holdout}: the dataset's own validation images, or else some of the
 *     training images; or {@code test}: the test images
 * @param validationImages how many training images are held out, at most a tenth of them
 * @param partitions of the training topic
 */
public record StreamSettings(
    long seed, int batchSize, Validation validation, int validationImages, int partitions) {
  /** Images in the largest minibatch that is allowed. */
  public static final int LARGEST_BATCH = 4096;

  /** Partitions that are allowed at most. */
  public static final int MOST_PARTITIONS = 64;

  /** Where validation images come from. */
  public enum Validation {
    HOLDOUT,
    TEST
  }
}
