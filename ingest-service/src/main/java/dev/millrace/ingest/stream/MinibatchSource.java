package dev.millrace.ingest.stream;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.ImageSet;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.ingest.stream.StreamSettings.Validation;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.protocol.stream.MinibatchCodec.Template;
import dev.millrace.protocol.stream.StreamDescription;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;

/**
 * Makes the minibatches of a dataset's stream. The minibatch at (split, epoch, index) is a pure
 * function of the dataset and the settings. Not thread-safe, since it caches the order of the last
 * epoch.
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
  private final Template full;
  private final boolean ownValidation;
  private final byte[] original = new byte[Minibatch.IMAGE_BYTES];
  private int[] order;
  private int orderEpoch;

  /**
   * Creates the stream of a dataset.
   *
   * @throws UnusableDatasetException if there are no images to train on or to test on
   */
  public MinibatchSource(Dataset dataset, StreamSettings settings) {
    this.dataset = dataset;
    this.settings = settings;
    int[] all = indices(dataset.train().size());
    int held = 0;
    ownValidation = settings.validation() == Validation.HOLDOUT && dataset.validation().size() > 0;
    if (settings.validation() == Validation.HOLDOUT && !ownValidation) {
      new CounterRandom(settings.seed(), HOLDOUT).shuffle(all);
      held = Math.min(settings.validationImages(), Math.max(1, all.length / 10));
    }
    validationIndices = Arrays.copyOf(all, held);
    trainIndices = Arrays.copyOfRange(all, held, all.length);
    requireImages(dataset);
    full = new Template(settings.batchSize());
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
            held > 0 ? held : unaugmented(Split.VALIDATION).size(),
            dataset.test().size(),
            settings.partitions());
  }

  private void requireImages(Dataset dataset) {
    if (trainIndices.length == 0 || dataset.test().size() == 0) {
      throw new UnusableDatasetException(
          "dataset %s has %d training and %d test images; add some, or set MILLRACE_INGEST_VALIDATION=test, which holds out no training images"
              .formatted(dataset.description().name(), trainIndices.length, dataset.test().size()));
    }
  }

  private static int[] indices(int count) {
    int[] indices = new int[count];
    Arrays.setAll(indices, i -> i);
    return indices;
  }

  /** Returns the description of the stream, which identifies its bytes. */
  public StreamDescription description() {
    return description;
  }

  /**
   * Makes a minibatch, encoded as the value of its record on Kafka.
   *
   * @param epoch from 1 for {@link Split#TRAIN}; the other splits are the same in every epoch
   * @param index from 0, below {@code description().batches(split)}
   */
  public byte[] at(Split split, int epoch, int index) {
    Objects.checkIndex(index, description.batches(split));
    int first = index * settings.batchSize();
    int count = images(split, index);
    Template template = count == full.size() ? full : new Template(count);
    byte[] minibatch = template.blank();
    if (split == Split.TRAIN) {
      fillAugmented(epoch, first, template, minibatch);
    } else {
      fill(split, first, template, minibatch);
    }
    return minibatch;
  }

  private void fillAugmented(int epoch, int first, Template template, byte[] minibatch) {
    ImageSet images = dataset.train();
    int[] shuffled = order(epoch);
    for (int i = 0; i < template.size(); i++) {
      int image = shuffled[first + i];
      CounterRandom random = new CounterRandom(settings.seed(), AUGMENT, epoch, first + i);
      images.copy(image, original, 0);
      Augmentation.apply(random, original, 0, minibatch, template.imageAt(i));
      template.putLabel(minibatch, i, images.label(image));
    }
  }

  private int[] order(int epoch) {
    if (orderEpoch != epoch) {
      order = trainIndices.clone();
      new CounterRandom(settings.seed(), SHUFFLE, epoch).shuffle(order);
      orderEpoch = epoch;
    }
    return order;
  }

  private void fill(Split split, int first, Template template, byte[] minibatch) {
    boolean held = split == Split.VALIDATION && validationIndices.length > 0;
    ImageSet images = held ? dataset.train() : unaugmented(split);
    for (int i = 0; i < template.size(); i++) {
      int image = held ? validationIndices[first + i] : first + i;
      images.copy(image, minibatch, template.imageAt(i));
      template.putLabel(minibatch, i, images.label(image));
    }
  }

  /** Returns the images of a split that are not training images. */
  private ImageSet unaugmented(Split split) {
    return split == Split.VALIDATION && ownValidation ? dataset.validation() : dataset.test();
  }

  /** Returns the number of images in the minibatch at an index. */
  public int images(Split split, int index) {
    int size = settings.batchSize();
    return Math.min(size, description.images(split) - index * size);
  }
}
