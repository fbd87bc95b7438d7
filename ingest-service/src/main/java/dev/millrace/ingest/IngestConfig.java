package dev.millrace.ingest;

import dev.millrace.ingest.dataset.folder.ImageFolder;
import dev.millrace.ingest.stream.StreamSettings;
import dev.millrace.start.settings.CommonSettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Every setting of ingest. The environment variable {@code MILLRACE_INGEST_SEED} is {@code
 * ingest().seed()}.
 */
@ConfigMapping(prefix = "millrace")
interface IngestConfig extends CommonSettings {
  /** Epochs to publish. Default: no end. */
  @Min(1)
  OptionalInt epochs();

  Ingest ingest();

  /** The dataset and the stream that is made of it. */
  interface Ingest {
    /** Dataset to publish: the name of a known one, or the path of a folder of class folders. */
    @WithDefault("cifar10")
    @Pattern(
        regexp = ".*\\S.*",
        message = "cifar10, cifar100, synthetic, or the path of a folder of class folders")
    String dataset();

    /** Folder for downloaded archives and decoded images. */
    @WithDefault("${user.home}/.cache/millrace")
    String dataDir();

    /**
     * Decoded images to hold in the Java heap, in MB; a larger dataset is read from its file.
     * Default: half of the heap.
     */
    @Min(0)
    OptionalInt datasetMemoryMb();

    /** Whether images that cannot be decoded stop the service or are left out. */
    @WithDefault("stop")
    ImageFolder.BrokenPictures brokenPictures();

    /** Addresses to download datasets from before the official one. Default: none. */
    Optional<
            List<
                @Pattern(
                    regexp = "\\s*https?://[\\w.\\[\\]:-]+(/\\S*)?\\s*",
                    message = "URLs such as https://host/folder/, separated by commas")
                String>>
        mirrors();

    /** Seed of the shuffle, the augmentation and the held-out images. */
    @WithDefault("0")
    long seed();

    /** Images in a minibatch. */
    @WithDefault("128")
    @Min(1)
    @Max(StreamSettings.LARGEST_BATCH)
    int batchSize();

    /** Partitions of the training topic; minibatch i of an epoch is on partition i modulo this. */
    @WithDefault("1")
    @Min(1)
    @Max(StreamSettings.MOST_PARTITIONS)
    int partitions();

    /**
     * Index of this process among the ingest processes that share the partitions. If two processes
     * have the same index, the older one stops.
     */
    @WithDefault("0")
    @Min(0)
    int replicaIndex();

    /**
     * Source of the validation images: a folder's own {@code val} images or held-out training
     * images ({@code holdout}), or the test images ({@code test}).
     */
    @WithDefault("holdout")
    StreamSettings.Validation validation();

    /** Training images to hold out for validation, at most a tenth of them. */
    @WithDefault("5000")
    @Min(1)
    int validationImages();

    /** Records to publish at most ahead of the slowest trainer's last checkpoint. */
    @WithDefault("512")
    @Min(1)
    int maxAheadMinibatches();

    /**
     * Seconds to wait for a trainer whose consumer group has no members while another trainer is
     * active.
     */
    @WithDefault("1800")
    @Min(1)
    int trainerTimeoutSeconds();

    /** One training minibatch in this many starts a trace; 0 for none. */
    @WithDefault("100")
    @Min(0)
    int traceEveryMinibatches();
  }

  default StreamSettings settings() {
    return new StreamSettings(
        ingest().seed(),
        ingest().batchSize(),
        ingest().validation(),
        ingest().validationImages(),
        ingest().partitions());
  }

  default Duration trainerTimeout() {
    return Duration.ofSeconds(ingest().trainerTimeoutSeconds());
  }

  /** The mirrors as addresses that end in a slash. */
  default List<URI> mirrorAddresses() {
    return ingest().mirrors().orElse(List.of()).stream()
        .map(mirror -> URI.create(mirror.strip().replaceFirst("/*$", "/")))
        .toList();
  }
}
