package dev.millrace.ingest.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.ImageArrays;
import dev.millrace.ingest.dataset.ImageSet;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.ingest.stream.StreamSettings.Validation;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.stream.EpochDigest;
import dev.millrace.protocol.stream.EpochEnd;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.protocol.stream.MinibatchCodec;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MinibatchSourceTest {
  private static final int TRAIN = 203;
  private static final int TEST = 21;
  private static final int CLASSES = 7;
  private static final int CENTRE = 16 * 32 + 16;
  private static final StreamSettings SETTINGS = settings(0, 16, Validation.HOLDOUT, 20);

  private static StreamSettings settings(long seed, int batch, Validation validation, int images) {
    return new StreamSettings(seed, batch, validation, images, 1);
  }

  /** Returns images of one colour each, the image's number; crops and flips keep the centre. */
  private static ImageSet numbered(int first, int count) {
    byte[] pixels = new byte[count * Minibatch.IMAGE_BYTES];
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      int at = i * Minibatch.IMAGE_BYTES;
      Arrays.fill(pixels, at, at + 1024, (byte) (first + i));
      Arrays.fill(pixels, at + 1024, at + 2048, (byte) (first + i >> 8));
      Arrays.fill(pixels, at + 2048, at + 3072, (byte) 200);
      labels[i] = (first + i) % CLASSES;
    }
    return new ImageSet(pixels, labels);
  }

  private static Dataset numbered() {
    return dataset("d", numbered(0, TRAIN), numbered(1_000, TEST));
  }

  private static Dataset dataset(String name, ImageSet train, ImageSet test) {
    List<String> classes = IntStream.range(0, CLASSES).mapToObj(i -> "class" + i).toList();
    return Dataset.of(name, classes, Normalization.CIFAR10, train, test);
  }

  private static List<Integer> numbers(MinibatchSource source, Split split, int epoch) {
    List<Integer> numbers = new ArrayList<>();
    for (int index = 0; index < source.description().batches(split); index++) {
      Minibatch minibatch = MinibatchCodec.decode(source.at(split, epoch, index), CLASSES);
      for (int i = 0; i < minibatch.size(); i++) {
        int at = i * Minibatch.IMAGE_BYTES + CENTRE;
        ByteBuffer images = minibatch.images();
        int number = images.get(at) & 0xff | (images.get(at + 1024) & 0xff) << 8;
        assertThat(minibatch.labels()[i]).isEqualTo(number % CLASSES);
        numbers.add(number);
      }
    }
    return numbers;
  }

  @Test
  void epochHasEveryTrainingImageOnceInItsOwnOrder() {
    MinibatchSource source = new MinibatchSource(numbered(), SETTINGS);
    List<Integer> first = numbers(source, Split.TRAIN, 1);
    List<Integer> second = numbers(source, Split.TRAIN, 2);
    List<Integer> held = numbers(source, Split.VALIDATION, 0);
    assertThat(held).hasSize(20).isSorted();
    List<Integer> rest = new ArrayList<>(IntStream.range(0, TRAIN).boxed().toList());
    rest.removeAll(held);
    assertThat(first).hasSize(183).containsExactlyInAnyOrderElementsOf(rest).isNotEqualTo(second);
    assertThat(second).containsExactlyInAnyOrderElementsOf(rest);
    assertThat(first.subList(0, 16)).isNotEqualTo(first.stream().sorted().limit(16).toList());
  }

  @Test
  void holdoutIsSpreadOverTheDatasetAndAtMostATenth() {
    MinibatchSource source =
        new MinibatchSource(numbered(), settings(0, 16, Validation.HOLDOUT, 5_000));
    List<Integer> held = numbers(source, Split.VALIDATION, 0);
    assertThat(held).hasSize(TRAIN / 10);
    assertThat(held.get(0)).isLessThan(60);
    assertThat(held.get(held.size() - 1)).isGreaterThan(140);
  }

  @Test
  void testSplitIsNotAugmented() {
    for (Validation validation : Validation.values()) {
      MinibatchSource source = new MinibatchSource(numbered(), settings(3, 8, validation, 20));
      assertThat(numbers(source, Split.TEST, 0))
          .isEqualTo(IntStream.range(1_000, 1_000 + TEST).boxed().toList());
    }
  }

  @Test
  void validationOnTestTrainsOnAllImages() {
    MinibatchSource source = new MinibatchSource(numbered(), settings(0, 16, Validation.TEST, 20));
    assertThat(numbers(source, Split.TRAIN, 1))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, TRAIN).boxed().toList());
    assertThat(numbers(source, Split.VALIDATION, 0)).isEqualTo(numbers(source, Split.TEST, 0));
    assertThat(source.description().validation()).isEqualTo("test");
  }

  @Test
  void usesTheValidationImagesOfTheDataset() {
    List<String> classes = IntStream.range(0, CLASSES).mapToObj(i -> "class" + i).toList();
    ImageSet train = numbered(0, TRAIN);
    ImageSet test = numbered(1_000, TEST);
    Dataset own = Dataset.of("d", classes, Normalization.CIFAR10, train, numbered(2_000, 30), test);
    MinibatchSource source = new MinibatchSource(own, SETTINGS);
    assertThat(numbers(source, Split.VALIDATION, 0))
        .isEqualTo(IntStream.range(2_000, 2_030).boxed().toList());
    assertThat(numbers(source, Split.TRAIN, 1)).hasSize(TRAIN);
    assertThat(numbers(source, Split.TEST, 0)).hasSize(TEST);
    MinibatchSource onTest = new MinibatchSource(own, settings(0, 16, Validation.TEST, 20));
    assertThat(numbers(onTest, Split.VALIDATION, 0)).isEqualTo(numbers(onTest, Split.TEST, 0));
    assertThat(source.description().id())
        .isNotEqualTo(new MinibatchSource(numbered(), SETTINGS).description().id());
  }

  @Test
  void fewerImagesThanABatchMakeOneSmallerMinibatch() {
    Dataset few = dataset("few", numbered(0, 2), numbered(1_000, 1));
    MinibatchSource source = new MinibatchSource(few, settings(0, 128, Validation.HOLDOUT, 5_000));
    assertThat(numbers(source, Split.TRAIN, 1)).hasSize(1);
    assertThat(numbers(source, Split.VALIDATION, 0)).hasSize(1);
    assertThat(numbers(source, Split.TEST, 0)).hasSize(1);
  }

  @Test
  void refusesADatasetWithoutTrainingImages() {
    Dataset one = dataset("one", numbered(0, 1), numbered(1_000, 1));
    assertThatThrownBy(() -> new MinibatchSource(one, SETTINGS))
        .isInstanceOf(UnusableDatasetException.class)
        .hasMessageContainingAll("0 training and 1 test images", "MILLRACE_INGEST_VALIDATION=test");
    assertThat(new MinibatchSource(one, settings(0, 16, Validation.TEST, 20)).description())
        .matches(stream -> stream.trainImages() == 1);
    Dataset untested = dataset("untested", numbered(0, 5), numbered(0, 0));
    assertThatThrownBy(() -> new MinibatchSource(untested, SETTINGS))
        .isInstanceOf(UnusableDatasetException.class)
        .hasMessageContaining("0 test images");
  }

  @Test
  void lastMinibatchIsSmaller() {
    MinibatchSource source = new MinibatchSource(numbered(), SETTINGS);
    assertThat(source.description().batches(Split.TRAIN)).isEqualTo(12);
    assertThat(MinibatchCodec.decode(source.at(Split.TRAIN, 1, 10), CLASSES).size()).isEqualTo(16);
    assertThat(MinibatchCodec.decode(source.at(Split.TRAIN, 1, 11), CLASSES).size()).isEqualTo(7);
    assertThatThrownBy(() -> source.at(Split.TRAIN, 1, 12))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> source.at(Split.VALIDATION, 0, 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void bytesDoNotDependOnEarlierCalls() {
    Dataset dataset = patterned();
    MinibatchSource inOrder = new MinibatchSource(dataset, SETTINGS);
    MinibatchSource jumping = new MinibatchSource(dataset, SETTINGS);
    byte[][] expected = new byte[3 * 12][];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = inOrder.at(Split.TRAIN, 1 + i / 12, i % 12);
    }
    int[] order = IntStream.range(0, 2 * expected.length).map(i -> i % expected.length).toArray();
    new CounterRandom(5).shuffle(order);
    for (int i : order) {
      jumping.at(Split.VALIDATION, 0, i % 2);
      assertThat(jumping.at(Split.TRAIN, 1 + i / 12, i % 12)).isEqualTo(expected[i]);
    }
    assertThat(Stream.of(expected).map(Arrays::toString).distinct()).hasSize(expected.length);
  }

  @Test
  void seedDeterminesHoldoutOrderAndAugmentation() {
    MinibatchSource zero = new MinibatchSource(numbered(), SETTINGS);
    MinibatchSource one = new MinibatchSource(numbered(), settings(1, 16, Validation.HOLDOUT, 20));
    assertThat(numbers(zero, Split.VALIDATION, 0)).isNotEqualTo(numbers(one, Split.VALIDATION, 0));
    assertThat(numbers(zero, Split.TRAIN, 1)).isNotEqualTo(numbers(one, Split.TRAIN, 1));
    assertThat(zero.at(Split.TRAIN, 1, 0)).isNotEqualTo(one.at(Split.TRAIN, 1, 0));
  }

  @Test
  void streamIdDependsOnEverythingThatDeterminesTheBytes() {
    ImageSet train = numbered(0, TRAIN);
    ImageSet test = numbered(1_000, TEST);
    ImageSet otherPixel = changed(train, 1, 0);
    ImageSet otherLabel = changed(train, 0, 1);
    ImageSet otherTest = changed(test, 1, 0);
    Dataset same = dataset("d", train, test);
    Set<String> ids = new TreeSet<>();
    Stream.of(
            new MinibatchSource(same, SETTINGS),
            new MinibatchSource(same, settings(1, 16, Validation.HOLDOUT, 20)),
            new MinibatchSource(same, settings(0, 17, Validation.HOLDOUT, 20)),
            new MinibatchSource(same, settings(0, 16, Validation.TEST, 20)),
            new MinibatchSource(same, settings(0, 16, Validation.HOLDOUT, 19)),
            new MinibatchSource(dataset("e", train, test), SETTINGS),
            new MinibatchSource(dataset("d", otherPixel, test), SETTINGS),
            new MinibatchSource(dataset("d", otherLabel, test), SETTINGS),
            new MinibatchSource(dataset("d", train, otherTest), SETTINGS),
            new MinibatchSource(dataset("d", numbered(0, TRAIN - 1), test), SETTINGS))
        .forEach(source -> ids.add(source.description().id()));
    assertThat(ids).hasSize(10);
    assertThat(new MinibatchSource(numbered(), SETTINGS).description().id())
        .isEqualTo(new MinibatchSource(same, SETTINGS).description().id());
  }

  /** Returns a copy with other values of the sixth byte and the sixth label. */
  private static ImageSet changed(ImageSet images, int pixel, int label) {
    byte[] pixels = ImageArrays.pixels(images);
    int[] labels = ImageArrays.labels(images);
    pixels[5] += (byte) pixel;
    labels[5] = (labels[5] + label) % CLASSES;
    return new ImageSet(pixels, labels);
  }

  /** Returns images whose bytes follow from their index by a formula. */
  private static Dataset patterned() {
    return dataset("patterned", patterned(0, TRAIN), patterned(1_000, TEST));
  }

  private static ImageSet patterned(int first, int count) {
    byte[] pixels = new byte[count * Minibatch.IMAGE_BYTES];
    for (int i = 0; i < pixels.length; i++) {
      long place = (long) first * Minibatch.IMAGE_BYTES + i;
      pixels[i] = (byte) (place * 2_654_435_761L >>> 16);
    }
    return new ImageSet(pixels, ImageArrays.labels(numbered(first, count)));
  }

  /**
   * A second implementation, in Python, computed these. If this fails, the bytes of every running
   * stream have changed: bump {@link Augmentation#VERSION}, so that they get another identity, and
   * then these.
   */
  @Test
  void bytesAreUnchanged() throws Exception {
    MinibatchSource source = new MinibatchSource(patterned(), SETTINGS);
    assertThat(sha(source.at(Split.TRAIN, 1, 0)))
        .isEqualTo("e576d65ce0d04f3d064f25f99b728afbe46a24a92feae2d51333fb50e22d9f1e");
    assertThat(sha(source.at(Split.TRAIN, 1, 11)))
        .isEqualTo("54e4b484772c867da84bd9f88cf348766737176f4d60787cd72486e93ef05966");
    assertThat(sha(source.at(Split.TRAIN, 200, 5)))
        .isEqualTo("e661c7a5cd7e95ca747a58cb9a6073a095cddec0ee578d1c4133974acb322851");
    assertThat(sha(source.at(Split.VALIDATION, 0, 1)))
        .isEqualTo("f8d8989c6d974a3272e6ef46e60a04fcf7f57b08576e65aba2a0d957dc9416ae");
    assertThat(sha(source.at(Split.TEST, 0, 0)))
        .isEqualTo("6fc641494cb8b455435448418af5d701e924f6189e37f417120db9d3d41b17c3");
    assertThat(source.description().id()).isEqualTo("6dd317ef6df5d390");
  }

  private static String sha(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @Test
  void epochEndDescribesTheEpoch() {
    MinibatchSource source = new MinibatchSource(numbered(), SETTINGS);
    EpochDigest digest = EpochDigest.begin("s", Split.TRAIN, 4);
    EpochEnd end = EpochEnd.of(source.description(), Split.TRAIN, 4, 0, digest);
    assertThat(end.stream()).isEqualTo(source.description());
    assertThat(end.epoch()).isEqualTo(4);
    assertThat(end.batches()).isEqualTo(12);
    assertThat(end.images()).isEqualTo(183);
    assertThat(end.digest()).isEqualTo(digest.value());
    assertThat(source.images(Split.TRAIN, 10)).isEqualTo(16);
    assertThat(source.images(Split.TRAIN, 11)).isEqualTo(7);
  }

  @Test
  void partitionsShareOneStream() {
    MinibatchSource whole = new MinibatchSource(patterned(), SETTINGS);
    MinibatchSource shared =
        new MinibatchSource(patterned(), new StreamSettings(0, 16, Validation.HOLDOUT, 20, 3));
    assertThat(shared.description().id()).isNotEqualTo(whole.description().id());
    for (int batch = 0; batch < whole.description().batches(Split.TRAIN); batch++) {
      assertThat(shared.at(Split.TRAIN, 2, batch)).isEqualTo(whole.at(Split.TRAIN, 2, batch));
    }
  }
}
