package dev.millrace.ingest.dataset.cifar;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.protocol.Normalization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The binary versions of CIFAR-10 and CIFAR-100: records of one or two label bytes and 3,072
 * pixels. The format is described on the datasets' own page,
 * https://www.cs.toronto.edu/~kriz/cifar.html. Files may hold any number of records.
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

  /** Returns {@code cifar10} or {@code cifar100}. */
  public String datasetName() {
    return datasetName;
  }

  /** Returns the folder of the unpacked files: the archive's folder, or the data folder itself. */
  public Path folder(Path dataDir) {
    Path folder = dataDir.resolve(archive.folder());
    return !Files.isDirectory(folder) && holdsFiles(dataDir) ? dataDir : folder;
  }

  /** Returns whether the folder of the unpacked files exists. Files in it may be missing. */
  public boolean isIn(Path dataDir) {
    return Files.isDirectory(folder(dataDir));
  }

  private boolean holdsFiles(Path folder) {
    return Files.isRegularFile(folder.resolve(trainFiles.get(0)))
        && Files.isRegularFile(folder.resolve(testFile));
  }

  Archive archive() {
    return archive;
  }

  /** Reads all images into the heap. */
  public Dataset read(Path dataDir) {
    return read(dataDir, Long.MAX_VALUE);
  }

  /**
   * Reads the images.
   *
   * @param memoryBytes how many bytes of pixels the heap may hold; if there are more, they stay in
   *     the files
   * @throws UnusableDatasetException if a file is missing, does not consist of whole records, or
   *     has a label that the dataset does not have
   */
  public Dataset read(Path dataDir, long memoryBytes) {
    Path root = folder(dataDir);
    CifarRecords train = records(trainFiles.stream().map(root::resolve).toList());
    CifarRecords test = records(List.of(root.resolve(testFile)));
    boolean fit = train.pixelBytes() + test.pixelBytes() <= memoryBytes;
    return Dataset.of(
        datasetName,
        names(root.resolve(namesFile)),
        normalization,
        fit ? train.read() : train.map(),
        fit ? test.read() : test.map());
  }

  private CifarRecords records(List<Path> files) {
    return new CifarRecords(files, datasetName, labelBytes, classes, remedy());
  }

  private List<String> names(Path file) {
    try {
      List<String> names =
          Files.readAllLines(file, StandardCharsets.UTF_8).stream()
              .map(String::strip)
              .filter(n -> !n.isEmpty())
              .toList();
      if (names.size() != classes) {
        throw new UnusableDatasetException(
            "%s names %d classes, %s has %d; %s"
                .formatted(file, names.size(), datasetName, classes, remedy()));
      }
      return names;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private UnusableDatasetException unreadable(Path file, IOException e) {
    return new UnusableDatasetException("cannot read %s (%s); %s".formatted(file, e, remedy()), e);
  }

  private String remedy() {
    return "remove the folder and unpack %s's binary archive again".formatted(datasetName);
  }

  /** Returns the format with this name; empty if there is none. */
  public static Optional<CifarFormat> named(String name) {
    return Arrays.stream(values()).filter(format -> format.datasetName.equals(name)).findFirst();
  }
}
