package dev.millrace.protocol;

import java.util.HexFormat;

/**
 * Everything that determines a stream's bytes. Two ingest services with equal descriptions publish
 * equal minibatches.
 *
 * @param augmentation name and version of the augmentation, such as {@code pad4-crop32-flip/1}
 * @param seed of the shuffle, the augmentation and the held-out images
 * @param batchSize images a minibatch; the last of an epoch may hold fewer
 * @param validation {@code holdout} or {@code test}: where the validation split's images come from
 * @param trainImages images in an epoch of {@link Split#TRAIN}
 * @param validationImages images in {@link Split#VALIDATION}
 * @param testImages images in {@link Split#TEST}
 */
public record StreamDescription(
    DatasetDescription dataset,
    String augmentation,
    long seed,
    int batchSize,
    String validation,
    int trainImages,
    int validationImages,
    int testImages) {

  /** The {@code millrace-stream} header: the first 16 hexadecimal digits of a SHA-256. */
  public String id() {
    return HexFormat.of().formatHex(EpochDigest.sha256().digest(Json.bytes(this)), 0, 8);
  }

  /** Images in one epoch of a split. */
  public int images(Split split) {
    return switch (split) {
      case TRAIN -> trainImages;
      case VALIDATION -> validationImages;
      case TEST -> testImages;
    };
  }

  /** Minibatches in one epoch of a split: the quotient, rounded up. */
  public int batches(Split split) {
    return (images(split) + batchSize - 1) / batchSize;
  }
}
