package dev.millrace.ingest;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.DatasetUnavailableException;
import dev.millrace.ingest.dataset.ReadingProgress;
import dev.millrace.ingest.dataset.SyntheticDataset;
import dev.millrace.ingest.dataset.UnusableDatasetException;
import dev.millrace.ingest.dataset.cifar.CifarFormat;
import dev.millrace.ingest.dataset.cifar.CifarInstaller;
import dev.millrace.ingest.dataset.folder.ImageFolder;
import dev.millrace.ingest.dataset.folder.Storage;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Loads the dataset that the settings name, and downloads it if necessary. */
final class DatasetLoader {
  private static final URI OFFICIAL = URI.create("https://www.cs.toronto.edu/~kriz/");
  private static final String DATASET = "MILLRACE_INGEST_DATASET";
  private static final String DATA_DIR = "MILLRACE_INGEST_DATA_DIR";
  private static final char UNDECODABLE = '\ufffd';

  private final IngestConfig config;
  private final ReadingProgress progress;

  /** Creates a loader that has loaded nothing yet. */
  DatasetLoader(IngestConfig config, ReadingProgress progress) {
    this.config = config;
    this.progress = progress;
  }

  /**
   * Loads the dataset.
   *
   * @throws UnusableDatasetException if it cannot be used; the message names the remedy
   */
  Dataset load() throws InterruptedException {
    if (config.ingest().dataset().equals("synthetic")) {
      return SyntheticDataset.draw();
    }
    long heap = Runtime.getRuntime().maxMemory();
    long memory =
        config.ingest().datasetMemoryMb().stream()
            .mapToLong(mb -> (long) mb << 20)
            .findFirst()
            .orElse(heap / 2);
    if (memory > heap) {
      throw new UnusableDatasetException(
          "MILLRACE_INGEST_DATASET_MEMORY_MB=%d: allowed: up to %d, the size of the Java heap in MB; raise -Xmx for more"
              .formatted(memory >> 20, heap >> 20));
    }
    try {
      Optional<CifarFormat> cifar = CifarFormat.named(config.ingest().dataset());
      return cifar.isPresent() ? cifar(cifar.get(), memory) : folder(memory);
    } catch (OutOfMemoryError e) {
      throw new UnusableDatasetException(
          "the Java heap of %d MB is too small to read dataset %s (%s); raise -Xmx or lower MILLRACE_INGEST_DATASET_MEMORY_MB"
              .formatted(heap >> 20, config.ingest().dataset(), e.getMessage()),
          e);
    }
  }

  private Dataset folder(long memory) throws InterruptedException {
    Path folder = path(DATASET, config.ingest().dataset());
    if (!Files.isDirectory(folder)) {
      throw new UnusableDatasetException(
          "MILLRACE_INGEST_DATASET=%s: allowed: cifar10, cifar100, synthetic, or the path of a folder of class folders%s"
              .formatted(config.ingest().dataset(), encodingHint(config.ingest().dataset())));
    }
    progress.setState("reading " + folder);
    Path cache = dataDir().resolve("cache");
    return new ImageFolder(
            folder.toAbsolutePath().normalize(),
            config.ingest().brokenPictures(),
            new Storage(cache, memory),
            progress)
        .read();
  }

  private Path dataDir() {
    String setting = config.ingest().dataDir();
    if (setting.startsWith("?/")) {
      throw new UnusableDatasetException(
          "this user has no home folder; set MILLRACE_INGEST_DATA_DIR to a folder for datasets");
    }
    Path folder = path(DATA_DIR, setting);
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new UnusableDatasetException(
          "MILLRACE_INGEST_DATA_DIR=%s: allowed: a folder; this is a file".formatted(folder));
    }
    return folder;
  }

  /**
   * Converts a setting to a path.
   *
   * @throws UnusableDatasetException if the locale of the process cannot express the path
   */
  private static Path path(String name, String setting) {
    try {
      return Path.of(setting);
    } catch (InvalidPathException e) {
      throw new UnusableDatasetException(
          "%s=%s: allowed: a path of this system%s"
              .formatted(name, setting, encodingHint(setting + UNDECODABLE)),
          e);
    }
  }

  private static String encodingHint(String setting) {
    return setting.indexOf(UNDECODABLE) < 0
        ? ""
        : "; the locale of this process cannot express the name; start it with LC_ALL=C.UTF-8";
  }

  private Dataset cifar(CifarFormat format, long memory) throws InterruptedException {
    Path dataDir = dataDir();
    if (!format.isIn(dataDir)) {
      CifarInstaller installer = new CifarInstaller(format, dataDir, progress::setState);
      Optional<String> lacking = installer.unpack();
      if (lacking.isPresent()) {
        download(installer, lacking.get());
      }
    }
    return format.read(dataDir, memory);
  }

  private void download(CifarInstaller installer, String lacking) throws InterruptedException {
    try {
      installer.download(sources());
    } catch (DatasetUnavailableException e) {
      throw new DatasetUnavailableException(
          "dataset %s is not available: %s and %s; unpack the binary archive there, set MILLRACE_INGEST_MIRRORS, or choose synthetic"
              .formatted(config.ingest().dataset(), lacking, e.getMessage()),
          e);
    }
  }

  private List<URI> sources() {
    List<URI> sources = new ArrayList<>(config.mirrorAddresses());
    sources.add(OFFICIAL);
    return sources;
  }
}
