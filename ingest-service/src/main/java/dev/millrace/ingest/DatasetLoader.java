package dev.millrace.ingest;

import dev.millrace.ingest.stream.CifarFormat;
import dev.millrace.ingest.stream.Dataset;
import dev.millrace.ingest.stream.DatasetException;
import dev.millrace.ingest.stream.SyntheticDataset;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the dataset that the settings name. */
final class DatasetLoader {
  private DatasetLoader() {}

  static Dataset load(IngestConfig config) {
    if (config.dataset().equals("synthetic")) {
      return SyntheticDataset.draw();
    }
    Optional<CifarFormat> cifar = CifarFormat.named(config.dataset());
    if (cifar.isEmpty()) {
      throw new DatasetException(
          "MILLRACE_INGEST_DATASET is '%s'; allowed: cifar10, cifar100, synthetic"
              .formatted(config.dataset()));
    }
    Path dataDir = Path.of(config.dataDir());
    if (!cifar.get().isIn(dataDir)) {
      throw new DatasetException(
          "dataset %s not available: no %s; unpack the binary archive there or choose synthetic"
              .formatted(config.dataset(), cifar.get().folder(dataDir)));
    }
    return cifar.get().read(dataDir);
  }
}
