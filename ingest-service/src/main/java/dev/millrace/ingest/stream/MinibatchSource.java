package dev.millrace.ingest.stream;

import dev.millrace.ingest.stream.StreamSettings.Validation;
import dev.millrace.protocol.EpochDigest;
import dev.millrace.protocol.EpochEnd;
import dev.millrace.protocol.Minibatch;
import dev.millrace.protocol.MinibatchCodec;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.StreamDescription;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;

/**
 * The stream of a dataset: the minibatch at (split, epoch, index) is a pure function of the dataset
 * and the settings. Not thread-safe, as it remembers the order of the last epoch asked for.
 */
public final class MinibatchSource {
  private static final int HOLDOUT = 1;
  private static final int SHUFFLE = 2;
  private static final int AUGMENT = 3;

  private final Dataset dataset;
  private final StreamSettings settings;
  private final StreamDescription description;
  private final int[] trainIndices;
  private final int[] validationIndices;
  private int[] order;
  private int orderEpoch;

  public MinibatchSource(Dataset dataset, StreamSettings settings) {
    this.dataset = dataset;
    this.settings = settings;
    int[] all = indices(dataset.train().size());
    int held = 0;
    if (settings.validation() == Validation.HOLDOUT) {
      new CounterRandom(settings.seed(), HOLDOUT).shuffle(all);
      held = Math.min(settings.validationImages(), Math.max(1, all.length / 10));
    }
    validationIndices = Arrays.copyOf(all, held);
    trainIndices = Arrays.copyOfRange(all, held, all.length);
    Arrays.sort(validationIndices);
    Arrays.sort(trainIndices);
    description =
        new StreamDescription(
            dataset.description(),
            Augmentation.VERSION,
            settings.seed(),
            settings.batchSize(),
            settings.validation().name().toLowerCase(Locale.ROOT),
            trainIndices.length,
            held == 0 ? dataset.test().size() : held,
            dataset.test().size());
  }

  private static int[] indices(int count) {
    int[] indices = new int[count];
    Arrays.setAll(indices, i -> i);
    return indices;
  }

  public StreamDescription description() {
    return description;
  }

  /**
   * A training minibatch as it stands on Kafka.
   *
   * @param epoch from 1
   * @param index from 0, below {@code description().batches(TRAIN)}
   */
  public byte[] at(int epoch, int index) {
    int[] shuffled = order(epoch);
    int first = index * settings.batchSize();
    int count = Math.min(settings.batchSize(), shuffled.length - first);
    byte[] pixels = new byte[count * Minibatch.IMAGE_BYTES];
    long[] labels = new long[count];
    for (int i = 0; i < count; i++) {
      int image = shuffled[first + i];
      CounterRandom random = new CounterRandom(settings.seed(), AUGMENT, epoch, first + i);
      Augmentation.apply(
          random,
          dataset.train().pixels(),
          image * Minibatch.IMAGE_BYTES,
          pixels,
          i * Minibatch.IMAGE_BYTES);
      labels[i] = dataset.train().labels()[image];
    }
    return MinibatchCodec.encode(new Minibatch(ByteBuffer.wrap(pixels), labels));
  }

  private int[] order(int epoch) {
    if (orderEpoch != epoch) {
      order = trainIndices.clone();
      new CounterRandom(settings.seed(), SHUFFLE, epoch).shuffle(order);
      orderEpoch = epoch;
    }
    return order;
  }

  /** A minibatch of any split as it stands on Kafka; only {@link Split#TRAIN} has epochs. */
  public byte[] at(Split split, int epoch, int index) {
    if (split == Split.TRAIN) {
      return at(epoch, index);
    }
    boolean held = split == Split.VALIDATION && validationIndices.length > 0;
    ImageSet images = held ? dataset.train() : dataset.test();
    int first = index * settings.batchSize();
    int count = Math.min(settings.batchSize(), description.images(split) - first);
    byte[] pixels = new byte[count * Minibatch.IMAGE_BYTES];
    long[] labels = new long[count];
    for (int i = 0; i < count; i++) {
      int image = held ? validationIndices[first + i] : first + i;
      System.arraycopy(
          images.pixels(),
          image * Minibatch.IMAGE_BYTES,
          pixels,
          i * Minibatch.IMAGE_BYTES,
          Minibatch.IMAGE_BYTES);
      labels[i] = images.labels()[image];
    }
    return MinibatchCodec.encode(new Minibatch(ByteBuffer.wrap(pixels), labels));
  }

  /** What closes an epoch whose minibatches have this digest. */
  public EpochEnd end(Split split, int epoch, EpochDigest digest) {
    return new EpochEnd(
        EpochEnd.SCHEMA,
        description,
        split,
        epoch,
        description.batches(split),
        description.images(split),
        digest.value());
  }
}
