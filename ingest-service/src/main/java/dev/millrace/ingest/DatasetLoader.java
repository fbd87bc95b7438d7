package dev.millrace.ingest;

import dev.millrace.ingest.stream.CifarFormat;
import dev.millrace.ingest.stream.Dataset;
import dev.millrace.ingest.stream.DatasetException;
import dev.millrace.ingest.stream.ImageFolder;
import dev.millrace.ingest.stream.SyntheticDataset;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Finds the dataset that the settings name, downloading it if need be. */
final class DatasetLoader {
  private static final URI OFFICIAL = URI.create("https://www.cs.toronto.edu/~kriz/");

  private final IngestConfig config;
  private final Consumer<String> progress;

  /**
   * @param progress is told what is being done, for people
   */
  DatasetLoader(IngestConfig config, Consumer<String> progress) {
    this.config = config;
    this.progress = progress;
  }

  Dataset load() throws InterruptedException {
    if (config.dataset().equals("synthetic")) {
      return SyntheticDataset.draw();
    }
    Optional<CifarFormat> cifar = CifarFormat.named(config.dataset());
    return cifar.isPresent() ? cifar(cifar.get()) : folder(Path.of(config.dataset()));
  }

  private Dataset folder(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new DatasetException(
          "MILLRACE_INGEST_DATASET is '%s'; allowed: cifar10, cifar100, synthetic, or the path of a folder of class folders"
              .formatted(config.dataset()));
    }
    progress.accept("reading " + folder);
    return ImageFolder.read(folder.toAbsolutePath().normalize());
  }

  private Dataset cifar(CifarFormat format) throws InterruptedException {
    Path dataDir = Path.of(config.dataDir());
    if (!format.isIn(dataDir)) {
      try {
        format.download(sources(), dataDir, progress);
      } catch (DatasetException e) {
        throw new DatasetException(
            "dataset %s not available: %s is missing and %s; unpack the binary archive there, set MILLRACE_INGEST_MIRRORS, or choose synthetic"
                .formatted(config.dataset(), format.folder(dataDir), e.getMessage()),
            e);
      }
    }
    return format.read(dataDir);
  }

  private List<URI> sources() {
    List<URI> sources = new ArrayList<>(config.mirrorAddresses());
    sources.add(OFFICIAL);
    return sources;
  }
}
