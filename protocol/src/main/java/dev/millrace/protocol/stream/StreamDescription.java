package dev.millrace.protocol.stream;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.Sha256;
import dev.millrace.protocol.Split;

/**
 * Everything that determines the bytes of a stream and their positions on Kafka. Two ingest
 * services with equal descriptions publish equal records.
 *
 * @param augmentation name and version of the augmentation, such as {@code pad4-crop32-flip/1}
 * @param seed seed of the shuffle, the augmentation and the held-out images
 * @param batchSize images per minibatch; the last minibatch of an epoch may contain fewer
 * @param validation source of the validation images: {@code holdout} or {@code test}
 * @param trainImages images in an epoch of {@link Split#TRAIN}
 * @param validationImages images in {@link Split#VALIDATION}
 * @param testImages images in {@link Split#TEST}
 * @param partitions partitions of the training topic, at least 1; the topics of the other splits
 *     have one partition
 */
public record StreamDescription(
    DatasetDescription dataset,
    String augmentation,
    long seed,
    int batchSize,
    String validation,
    int trainImages,
    int validationImages,
    int testImages,
    int partitions) {

  /** Returns the {@code millrace-stream} header: the first 16 hexadecimal digits of a SHA-256. */
  public String id() {
    return Sha256.hex(Json.bytes(this)).substring(0, 16);
  }

  /** Returns the number of images in one epoch of a split. */
  public int images(Split split) {
    return switch (split) {
      case TRAIN -> trainImages;
      case VALIDATION -> validationImages;
      case TEST -> testImages;
    };
  }

  /** Returns the number of minibatches in one epoch of a split, rounded up. */
  public int batches(Split split) {
    return (images(split) + batchSize - 1) / batchSize;
  }

  /**
   * Returns the partition of a minibatch of {@link Split#TRAIN}.
   *
   * @param batch index in the epoch, from 0
   */
  public int partition(int batch) {
    return batch % partitions;
  }

  /** Returns the number of minibatches in one epoch of a split on one partition of its topic. */
  public int batches(Split split, int partition) {
    int every = split == Split.TRAIN ? partitions : 1;
    return (batches(split) - partition + every - 1) / every;
  }

  /** Returns the number of images in one epoch of a split on one partition of its topic. */
  public int images(Split split, int partition) {
    int last = batches(split) - 1;
    boolean holdsLast = split != Split.TRAIN || partition(last) == partition;
    int missing = batches(split) * batchSize - images(split);
    return batches(split, partition) * batchSize - (holdsLast ? missing : 0);
  }
}
