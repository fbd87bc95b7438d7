package dev.millrace.ingest;

import dev.millrace.ingest.stream.StreamSettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Every setting of ingest: {@code MILLRACE_INGEST_SEED} is {@code seed()}. */
@ConfigMapping(prefix = "millrace.ingest")
interface IngestConfig {
  /** {@code cifar10}, {@code cifar100}, {@code synthetic}, or the path of a folder. */
  @WithDefault("cifar10")
  String dataset();

  @WithDefault("${user.home}/.cache/millrace")
  String dataDir();

  /** Base addresses to download from before the official one. */
  Optional<List<String>> mirrors();

  @WithDefault("0")
  long seed();

  @WithDefault("128")
  int batchSize();

  @WithDefault("holdout")
  StreamSettings.Validation validation();

  @WithDefault("5000")
  int validationImages();

  /** How far to run ahead of the slowest trainer's last checkpoint, in records. */
  @WithDefault("512")
  int leadMinibatches();

  /** After how many epochs to stop; absent: as long as trainers follow. */
  OptionalInt epochs();

  default StreamSettings settings() {
    return new StreamSettings(seed(), batchSize(), validation(), validationImages());
  }
}
