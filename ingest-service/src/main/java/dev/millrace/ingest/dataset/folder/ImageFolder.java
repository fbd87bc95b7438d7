package dev.millrace.ingest.dataset.folder;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.ImageSet;
import dev.millrace.ingest.dataset.Pixels;
import dev.millrace.ingest.dataset.ReadingProgress;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.ingest.dataset.folder.FolderLayout.ClassFolder;
import dev.millrace.ingest.dataset.folder.FolderLayout.Part;
import dev.millrace.protocol.Normalization;
import dev.millrace.protocol.stream.Minibatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Reads a dataset from class folders of PNG or JPEG images, each with the name of its class; or
 * from folders {@code train}, {@code test} and {@code val} of such class folders. Without a {@code
 * test} or {@code val} folder, every sixth image of a class is used for testing; CIFAR has the same
 * share. Other files are ignored. Images of another size than 32x32 are resized in the same way as
 * by the inference service.
 */
public final class ImageFolder {
  private static final int TEST_SHARE = 6;
  private static final int LEAST_SHARED = 2;

  /** What to do if pictures cannot be decoded. */
  public enum BrokenPictures {
    /** Refuse the dataset; the message lists the pictures. */
    STOP,
    /** Leave the pictures out. */
    SKIP
  }

  private final Path root;
  private final BrokenPictures policy;
  private final Storage storage;
  private final ReadingProgress progress;

  /**
   * Creates a reader of a folder.
   *
   * @param root absolute
   */
  public ImageFolder(Path root, BrokenPictures policy, Storage storage, ReadingProgress progress) {
    this.root = root;
    this.policy = policy;
    this.storage = storage;
    this.progress = progress;
  }

  /**
   * Reads all images.
   *
   * @throws UnusableDatasetException if the folder is not a dataset, a class has too few images,
   *     or, unless they are left out, pictures cannot be decoded
   */
  public Dataset read() throws InterruptedException {
    FolderLayout layout = FolderLayout.of(root);
    layout.remarks().forEach(progress::warn);
    PictureReader reader = new PictureReader(root, layout.folders(), progress);
    DecodedPictures pictures =
        new PictureCache(root, reader, storage, progress).pictures(layout.folders());
    report(pictures.broken(), reader.count());
    return dataset(layout, pictures);
  }

  private void report(List<BrokenPicture> broken, int of) {
    if (broken.isEmpty()) {
      return;
    }
    broken.forEach(picture -> progress.warn("broken picture: " + picture));
    String found =
        String.format(
            Locale.ROOT,
            "%,d of %,d pictures in %s are broken",
            broken.size(),
            of,
            FileNames.readable(root));
    if (policy == BrokenPictures.STOP) {
      String list = ClassFolders.first(broken.stream().map(BrokenPicture::toString).toList());
      throw new UnusableDatasetException(
          "%s: %s; repair or remove them, or set MILLRACE_INGEST_BROKEN_PICTURES=skip to train without them (the log lists all of them)"
              .formatted(found, list));
    }
    progress.setSkipped(broken.size());
    progress.warn(found + " and left out (MILLRACE_INGEST_BROKEN_PICTURES=skip)");
  }

  private Dataset dataset(FolderLayout layout, DecodedPictures pictures) {
    BitSet broken = new BitSet();
    pictures.broken().forEach(picture -> broken.set(picture.index()));
    Selection train = new Selection();
    Selection test = new Selection();
    Selection validation = new Selection();
    int first = 0;
    for (ClassFolder folder : layout.folders()) {
      int size = folder.listing().pictures().size();
      int taken = 0;
      for (int i = first; i < first + size; i++) {
        if (broken.get(i)) {
          continue;
        }
        boolean shared = folder.part() == Part.SHARED && taken % TEST_SHARE == 1;
        Selection part =
            switch (folder.part()) {
              case TEST -> test;
              case VALIDATION -> validation;
              case TRAIN -> train;
              case SHARED -> shared ? test : train;
            };
        part.add(i, folder.label());
        taken++;
      }
      requireEnough(folder, taken);
      first += size;
    }
    Pixels pixels = pictures.pixels();
    ImageSet trainSet = train.of(pixels);
    String name = FileNames.readable(root.getFileName());
    return Dataset.of(
        name,
        layout.classes(),
        statistics(trainSet),
        trainSet,
        validation.of(pixels),
        test.of(pixels));
  }

  private static void requireEnough(ClassFolder folder, int taken) {
    int least = folder.part() == Part.SHARED ? LEAST_SHARED : 1;
    if (taken < least) {
      throw new UnusableDatasetException(
          "class folder %s has %d usable images; add images until it has %d, or remove it"
              .formatted(FileNames.readable(folder.listing().folder()), taken, least));
    }
  }

  /** A selection of the pictures, in order. */
  private static final class Selection {
    private final IntStream.Builder places = IntStream.builder();
    private final IntStream.Builder labels = IntStream.builder();

    void add(int place, int label) {
      places.add(place);
      labels.add(label);
    }

    ImageSet of(Pixels pixels) {
      return new ImageSet(pixels, places.build().toArray(), labels.build().toArray());
    }
  }

  /** Computes mean and standard deviation per channel, in [0, 1], from exact sums. */
  private static Normalization statistics(ImageSet images) {
    int plane = Minibatch.HEIGHT * Minibatch.WIDTH;
    long[] sums = new long[Minibatch.CHANNELS];
    long[] squares = new long[Minibatch.CHANNELS];
    byte[] pixels = new byte[Minibatch.IMAGE_BYTES];
    for (int image = 0; image < images.size(); image++) {
      images.copy(image, pixels, 0);
      for (int i = 0; i < pixels.length; i++) {
        int value = Byte.toUnsignedInt(pixels[i]);
        sums[i / plane] += value;
        squares[i / plane] += (long) value * value;
      }
    }
    double count = (double) images.size() * plane * 255;
    List<Double> mean = new ArrayList<>();
    List<Double> std = new ArrayList<>();
    for (int c = 0; c < Minibatch.CHANNELS; c++) {
      double m = sums[c] / count;
      mean.add(m);
      // Images of a single colour must not lead to a division by zero.
      std.add(Math.max(1.0 / 255, Math.sqrt(Math.max(0, squares[c] / (count * 255) - m * m))));
    }
    return new Normalization(mean, std);
  }
}
