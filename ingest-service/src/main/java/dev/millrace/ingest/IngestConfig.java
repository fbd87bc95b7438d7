package dev.millrace.ingest;

import dev.millrace.ingest.dataset.folder.ImageFolder;
import dev.millrace.ingest.stream.StreamSettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Every setting of ingest: {@code MILLRACE_INGEST_SEED} is {@code seed()}. */
@ConfigMapping(prefix = "millrace.ingest")
interface IngestConfig {
  /** {@code cifar10}, {@code cifar100}, {@code synthetic}, or the path of a folder. */
  @WithDefault("cifar10")
  String dataset();

  /** A folder for downloaded datasets and, below {@code cache}, for decoded pictures. */
  @WithDefault("${user.home}/.cache/millrace")
  String dataDir();

  /**
   * How many MB of decoded images (3,072 bytes each) the Java heap may hold; absent: half of the
   * heap. A larger dataset is read from its file, through the operating system's cache.
   */
  OptionalInt datasetMemoryMb();

  /**
   * What happens when pictures of a folder cannot be decoded: {@code stop} lists them and ends;
   * {@code skip} trains as if the files were not there.
   */
  @WithDefault("stop")
  ImageFolder.BrokenPictures brokenPictures();

  /** Base addresses to download from before the official one. */
  Optional<List<String>> mirrors();

  @WithDefault("0")
  long seed();

  @WithDefault("128")
  int batchSize();

  /**
   * Of the training topic: minibatch {@code i} of an epoch is on partition {@code i} modulo this.
   */
  @WithDefault("1")
  int partitions();

  /**
   * Which of the ingest processes that share the partitions this one is; of two with one number the
   * older stops.
   */
  @WithDefault("0")
  int replica();

  /**
   * {@code holdout}: on a folder's own {@code val} pictures if it has {@code test} ones too, else
   * on held-out training images; {@code test}: on the test images.
   */
  @WithDefault("holdout")
  StreamSettings.Validation validation();

  @WithDefault("5000")
  int validationImages();

  /** How far to run ahead of the slowest trainer's last checkpoint, in records. */
  @WithDefault("512")
  int leadMinibatches();

  /**
   * For how long a trainer that is gone, its consumer group without members, is waited for while
   * others go on.
   */
  @WithDefault("1800")
  int trainerTimeoutSeconds();

  /** One in so many training minibatches begins a trace; 0 for none. */
  @WithDefault("100")
  int traceEveryMinibatches();

  /** After how many epochs to stop; absent: as long as trainers follow. */
  OptionalInt epochs();

  default StreamSettings settings() {
    return new StreamSettings(seed(), batchSize(), validation(), validationImages(), partitions());
  }

  default Duration trainerTimeout() {
    return Duration.ofSeconds(trainerTimeoutSeconds());
  }

  /** The mirrors as addresses that end in a slash. */
  default List<URI> mirrorAddresses() {
    return mirrors().orElse(List.of()).stream().map(IngestConfig::mirror).toList();
  }

  /**
   * Refuses what the types do not.
   *
   * @throws IllegalArgumentException that names a setting, its value and what is allowed
   */
  static void check(IngestConfig config) {
    config.settings();
    config.mirrorAddresses();
    atLeast(0, "DATASET_MEMORY_MB", config.datasetMemoryMb().orElse(0));
    atLeast(1, "LEAD_MINIBATCHES", config.leadMinibatches());
    atLeast(1, "TRAINER_TIMEOUT_SECONDS", config.trainerTimeoutSeconds());
    atLeast(1, "EPOCHS", config.epochs().orElse(1));
    atLeast(0, "REPLICA", config.replica());
    atLeast(0, "TRACE_EVERY_MINIBATCHES", config.traceEveryMinibatches());
  }

  private static void atLeast(int least, String name, int value) {
    if (value < least) {
      throw new IllegalArgumentException(
          "MILLRACE_INGEST_%s is '%d'; allowed: %d or more".formatted(name, value, least));
    }
  }

  private static URI mirror(String setting) {
    try {
      URI base = URI.create(setting.strip().replaceFirst("/*$", "/"));
      if (base.getHost() != null && List.of("http", "https").contains(base.getScheme())) {
        return base;
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(refusal(setting), e);
    }
    throw new IllegalArgumentException(refusal(setting));
  }

  private static String refusal(String setting) {
    return "MILLRACE_INGEST_MIRRORS has '%s'; allowed: URLs such as https://host/folder/, with commas between"
        .formatted(setting);
  }
}
