package dev.millrace.ingest.stream;

/**
 * What makes a stream of a dataset. Refuses values out of range, naming the environment variable.
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
  private static final int LARGEST_BATCH = 4096;
  private static final int MOST_PARTITIONS = 64;

  /** Where validation images come from. */
  public enum Validation {
    HOLDOUT,
    TEST
  }

  public StreamSettings {
    if (batchSize < 1 || batchSize > LARGEST_BATCH) {
      throw new IllegalArgumentException(
          "MILLRACE_INGEST_BATCH_SIZE is '%d'; allowed: 1 to %d"
              .formatted(batchSize, LARGEST_BATCH));
    }
    if (validationImages < 1) {
      throw new IllegalArgumentException(
          "MILLRACE_INGEST_VALIDATION_IMAGES is '%d'; allowed: 1 or more"
              .formatted(validationImages));
    }
    if (partitions < 1 || partitions > MOST_PARTITIONS) {
      throw new IllegalArgumentException(
          "MILLRACE_INGEST_PARTITIONS is '%d'; allowed: 1 to %d"
              .formatted(partitions, MOST_PARTITIONS));
    }
  }
}
