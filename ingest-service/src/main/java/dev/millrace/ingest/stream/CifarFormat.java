package dev.millrace.ingest.stream;

import dev.millrace.protocol.Minibatch;
import dev.millrace.protocol.Normalization;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * The binary versions of CIFAR-10 and CIFAR-100: records of one or two label bytes and 3,072
 * pixels. Source: the dataset's own page; any whole number of records is taken.
 */
public enum CifarFormat {
  CIFAR10(
      "cifar10",
      new Archive(
          "cifar-10-binary.tar.gz",
          170_052_171,
          "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
          "cifar-10-batches-bin"),
      List.of(
          "data_batch_1.bin",
          "data_batch_2.bin",
          "data_batch_3.bin",
          "data_batch_4.bin",
          "data_batch_5.bin"),
      "test_batch.bin",
      "batches.meta.txt",
      1,
      10,
      Normalization.CIFAR10),
  CIFAR100(
      "cifar100",
      new Archive(
          "cifar-100-binary.tar.gz",
          168_513_733,
          "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
          "cifar-100-binary"),
      List.of("train.bin"),
      "test.bin",
      "fine_label_names.txt",
      2,
      100,
      Normalization.CIFAR100);

  private final String datasetName;
  private final Archive archive;
  private final List<String> trainFiles;
  private final String testFile;
  private final String namesFile;
  private final int labelBytes;
  private final int classes;
  private final Normalization normalization;

  CifarFormat(
      String datasetName,
      Archive archive,
      List<String> trainFiles,
      String testFile,
      String namesFile,
      int labelBytes,
      int classes,
      Normalization normalization) {
    this.datasetName = datasetName;
    this.archive = archive;
    this.trainFiles = trainFiles;
    this.testFile = testFile;
    this.namesFile = namesFile;
    this.labelBytes = labelBytes;
    this.classes = classes;
    this.normalization = normalization;
  }

  /** {@code cifar10} or {@code cifar100}. */
  public String datasetName() {
    return datasetName;
  }

  /** Where the archive unpacks to, below the data folder. */
  public Path folder(Path dataDir) {
    return dataDir.resolve(archive.folder());
  }

  /** Whether the unpacked folder is there; what is missing in it, reading tells. */
  public boolean isIn(Path dataDir) {
    return Files.isDirectory(folder(dataDir));
  }

  /**
   * Downloads and unpacks the archive.
   *
   * @param sources base addresses, in the order in which they are asked
   * @param progress is told how far it is, for people
   * @throws DatasetException if no source has it or the disk cannot take it
   */
  public void download(List<URI> sources, Path dataDir, Consumer<String> progress)
      throws InterruptedException {
    LongConsumer downloaded =
        bytes ->
            progress.accept(
                "downloading %s: %d of %d MB"
                    .formatted(archive.name(), bytes / 1_000_000, archive.bytes() / 1_000_000));
    try {
      Path file = new ArchiveDownload(archive, dataDir, downloaded).fetch(sources);
      progress.accept("unpacking " + archive.name());
      archive.unpack(file, dataDir);
      Files.delete(file);
    } catch (IOException e) {
      throw new DatasetException(
          "%s cannot be written (%s): is the disk full?".formatted(dataDir, e), e);
    }
  }

  /**
   * @throws DatasetException if a file is missing, is not whole records, or holds a label that the
   *     dataset does not have
   */
  public Dataset read(Path dataDir) {
    Path root = folder(dataDir);
    ImageSet train = records(trainFiles.stream().map(root::resolve).toList());
    ImageSet test = records(List.of(root.resolve(testFile)));
    return Dataset.of(datasetName, names(root.resolve(namesFile)), normalization, train, test);
  }

  private List<String> names(Path file) {
    try {
      List<String> names =
          Files.readAllLines(file).stream().map(String::strip).filter(n -> !n.isEmpty()).toList();
      if (names.size() != classes) {
        throw new DatasetException(
            "%s names %d classes, %s has %d; %s"
                .formatted(file, names.size(), datasetName, classes, remedy()));
      }
      return names;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private ImageSet records(List<Path> files) {
    int count = 0;
    for (Path file : files) {
      count = Math.addExact(count, recordsIn(file));
    }
    byte[] pixels = new byte[Math.multiplyExact(count, Minibatch.IMAGE_BYTES)];
    int[] labels = new int[count];
    int at = 0;
    for (Path file : files) {
      at = read(file, pixels, labels, at);
    }
    return new ImageSet(pixels, labels);
  }

  private int recordsIn(Path file) {
    try {
      long bytes = Files.size(file);
      int record = labelBytes + Minibatch.IMAGE_BYTES;
      if (bytes == 0 || bytes % record != 0) {
        throw new DatasetException(
            "%s has %d bytes, which is no whole number of records of %d bytes; %s"
                .formatted(file, bytes, record, remedy()));
      }
      return Math.toIntExact(bytes / record);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** Straight into the arrays: a whole dataset is held once and never twice. */
  private int read(Path file, byte[] pixels, int[] labels, int first) {
    int records = recordsIn(file);
    byte[] label = new byte[labelBytes];
    try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      for (int record = 0; record < records; record++) {
        in.readFully(label);
        labels[first + record] = label(file, record, Byte.toUnsignedInt(label[labelBytes - 1]));
        in.readFully(pixels, (first + record) * Minibatch.IMAGE_BYTES, Minibatch.IMAGE_BYTES);
      }
      return first + records;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private int label(Path file, int record, int label) {
    if (label >= classes) {
      throw new DatasetException(
          "%s, record %d: label %d, but %s has %d classes; %s"
              .formatted(file, record, label, datasetName, classes, remedy()));
    }
    return label;
  }

  private DatasetException unreadable(Path file, IOException e) {
    return new DatasetException("cannot read %s (%s); %s".formatted(file, e, remedy()), e);
  }

  private String remedy() {
    return "remove the folder and unpack %s's binary archive again".formatted(datasetName);
  }

  /** The format of that name, if it is one. */
  public static Optional<CifarFormat> named(String name) {
    return Arrays.stream(values()).filter(format -> format.datasetName.equals(name)).findFirst();
  }
}
