package dev.millrace.ingest.stream;

import dev.millrace.protocol.Minibatch;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.image.ImageDecoder;
import dev.millrace.protocol.image.UnusableImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A folder of class folders of PNG or JPEG images, each named for its class; or two such folders
 * named {@code train} and {@code test}. Without a {@code test} folder every sixth image of a class
 * is kept for testing, as CIFAR keeps a sixth. Other files are not looked at. Images of another
 * size than 32x32 are resized as the inference service does it.
 */
public final class ImageFolder {
  private static final int TEST_SHARE = 6;
  private static final int LEAST_IMAGES = 2;
  private static final int LEAST_CLASSES = 2;

  private record LabelledFile(Path file, int label) {}

  private final Path root;
  private final List<LabelledFile> train = new ArrayList<>();
  private final List<LabelledFile> test = new ArrayList<>();

  private ImageFolder(Path root) {
    this.root = root;
  }

  /**
   * @throws DatasetException if there are not two classes, one has too few images, or a file is no
   *     image
   */
  public static Dataset read(Path root) {
    return new ImageFolder(root).read();
  }

  private Dataset read() {
    boolean split = Files.isDirectory(root.resolve("train"));
    Path trainRoot = split ? root.resolve("train") : root;
    List<String> classes = classes(trainRoot);
    if (classes.size() < LEAST_CLASSES) {
      throw new DatasetException(
          "%s has %d class folders; at least %d are needed, each named for its class"
              .formatted(trainRoot, classes.size(), LEAST_CLASSES));
    }
    if (split) {
      requireSameClasses(classes, classes(root.resolve("test")));
    }
    for (int label = 0; label < classes.size(); label++) {
      List<Path> images = images(trainRoot.resolve(classes.get(label)));
      if (split) {
        add(images, label, train);
        add(images(root.resolve("test").resolve(classes.get(label))), label, test);
      } else {
        add(every(images, i -> i % TEST_SHARE != 1), label, train);
        add(every(images, i -> i % TEST_SHARE == 1), label, test);
      }
    }
    ImageSet trainSet = decode(train);
    return Dataset.of(
        root.getFileName().toString(), classes, statistics(trainSet), trainSet, decode(test));
  }

  private static List<String> classes(Path folder) {
    return list(folder, Files::isDirectory).stream().map(p -> p.getFileName().toString()).toList();
  }

  private void requireSameClasses(List<String> train, List<String> test) {
    if (!train.equals(test)) {
      throw new DatasetException(
          "%s has the class folders %s, but %s has %s; both must have the same"
              .formatted(root.resolve("train"), train, root.resolve("test"), test));
    }
  }

  private static List<Path> every(List<Path> images, Predicate<Integer> taken) {
    return IntStream.range(0, images.size()).boxed().filter(taken).map(images::get).toList();
  }

  private static void add(List<Path> images, int label, List<LabelledFile> to) {
    images.forEach(image -> to.add(new LabelledFile(image, label)));
  }

  private static List<Path> images(Path folder) {
    List<Path> images = list(folder, file -> type(file).isPresent());
    if (images.size() < LEAST_IMAGES) {
      throw new DatasetException(
          "class folder %s has %d PNG or JPEG images; put at least %d there or remove it"
              .formatted(folder, images.size(), LEAST_IMAGES));
    }
    return images;
  }

  private static List<Path> list(Path folder, Predicate<Path> taken) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(path -> !path.getFileName().toString().startsWith("."))
          .filter(taken)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new DatasetException("cannot read the folder %s (%s)".formatted(folder, e), e);
    }
  }

  private static Optional<String> type(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".png")) {
      return Optional.of("image/png");
    }
    return name.endsWith(".jpg") || name.endsWith(".jpeg")
        ? Optional.of("image/jpeg")
        : Optional.empty();
  }

  private static ImageSet decode(List<LabelledFile> files) {
    byte[] pixels = new byte[Math.multiplyExact(files.size(), Minibatch.IMAGE_BYTES)];
    int[] labels = new int[files.size()];
    for (int i = 0; i < labels.length; i++) {
      byte[] image = decode(files.get(i).file());
      System.arraycopy(image, 0, pixels, i * Minibatch.IMAGE_BYTES, image.length);
      labels[i] = files.get(i).label();
    }
    return new ImageSet(pixels, labels);
  }

  private static byte[] decode(Path file) {
    try {
      return ImageDecoder.decode(Files.readAllBytes(file), type(file).orElseThrow()).pixels();
    } catch (UnusableImageException e) {
      throw new DatasetException("%s: %s; repair or remove it".formatted(file, e.getMessage()), e);
    } catch (IOException e) {
      throw new DatasetException("cannot read %s (%s)".formatted(file, e), e);
    }
  }

  /** Mean and standard deviation per channel, in [0, 1], from exact sums. */
  private static Normalization statistics(ImageSet images) {
    int plane = Minibatch.HEIGHT * Minibatch.WIDTH;
    long[] sums = new long[Minibatch.CHANNELS];
    long[] squares = new long[Minibatch.CHANNELS];
    for (int i = 0; i < images.pixels().length; i++) {
      int value = Byte.toUnsignedInt(images.pixels()[i]);
      int channel = i / plane % Minibatch.CHANNELS;
      sums[channel] += value;
      squares[channel] += (long) value * value;
    }
    double count = (double) images.size() * plane * 255;
    List<Double> mean = new ArrayList<>();
    List<Double> std = new ArrayList<>();
    for (int c = 0; c < Minibatch.CHANNELS; c++) {
      double m = sums[c] / count;
      mean.add(m);
      // One colour throughout must not divide by zero.
      std.add(Math.max(1.0 / 255, Math.sqrt(Math.max(0, squares[c] / (count * 255) - m * m))));
    }
    return new Normalization(mean, std);
  }
}
