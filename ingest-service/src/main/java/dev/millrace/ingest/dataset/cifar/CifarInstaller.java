package dev.millrace.ingest.dataset.cifar;

import dev.millrace.ingest.dataset.DatasetUnavailableException;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.protocol.Sha256;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/** Unpacks and downloads the archive of a dataset. */
public final class CifarInstaller {
  private final CifarFormat format;
  private final Archive archive;
  private final Path dataDir;
  private final Consumer<String> progress;

  /**
   * Creates an installer.
   *
   * @param dataDir the folder of the archive, and of the folder that it holds
   * @param progress receives the current activity in words
   */
  public CifarInstaller(CifarFormat format, Path dataDir, Consumer<String> progress) {
    this.format = format;
    this.archive = format.archive();
    this.dataDir = dataDir;
    this.progress = progress;
  }

  /**
   * Unpacks the archive if it is in the data folder.
   *
   * @return why it was not unpacked; empty if it was
   * @throws UnusableDatasetException if the folder cannot be written
   */
  public Optional<String> unpack() {
    Path file = dataDir.resolve(archive.name());
    if (!Files.isRegularFile(file)) {
      return Optional.of(
          pythonVersion()
              .map(python -> python + " is the version for Python, which is not supported")
              .orElse(format.folder(dataDir) + " is missing"));
    }
    try {
      progress.accept("unpacking " + file);
      if (Files.size(file) != archive.bytes() || !Sha256.hex(file).equals(archive.sha256())) {
        return Optional.of(
            "%s is not the published archive, which has %d bytes with SHA-256 %s"
                .formatted(file, archive.bytes(), archive.sha256()));
      }
      archive.unpack(file, dataDir);
      return Optional.empty();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Returns the dataset's version for Python, unpacked or not, if it is in the data folder. */
  private Optional<Path> pythonVersion() {
    boolean cifar10 = format == CifarFormat.CIFAR10;
    String folder = archive.folder().replaceFirst("-(batches-bin|binary)$", "");
    return Stream.of(
            dataDir.resolve(folder + (cifar10 ? "-batches-py" : "-python")),
            dataDir.resolve(folder + "-python.tar.gz"),
            dataDir.resolve(cifar10 ? "batches.meta" : "meta"))
        .filter(Files::exists)
        .findFirst();
  }

  /**
   * Downloads and unpacks the archive.
   *
   * @param sources base addresses, in the order in which they are tried
   * @throws DatasetUnavailableException if no source has the archive
   * @throws UnusableDatasetException if the folder cannot be written
   */
  public void download(List<URI> sources) throws InterruptedException {
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
      throw unwritable(e);
    }
  }

  private UnusableDatasetException unwritable(IOException e) {
    return new UnusableDatasetException(
        "%s cannot be written (%s); free space on the disk, or set MILLRACE_INGEST_DATA_DIR to another folder"
            .formatted(dataDir, e),
        e);
  }
}
