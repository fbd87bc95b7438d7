package dev.millrace.benchmarks.process;

import dev.millrace.ingest.dataset.Dataset;
import dev.millrace.ingest.dataset.ReadingProgress;
import dev.millrace.ingest.dataset.SyntheticDataset;
import dev.millrace.ingest.dataset.cifar.CifarFormat;
import dev.millrace.ingest.dataset.folder.ImageFolder;
import dev.millrace.ingest.dataset.folder.ImageFolder.BrokenPictures;
import dev.millrace.ingest.dataset.folder.Storage;
import dev.millrace.ingest.stream.MinibatchSource;
import dev.millrace.ingest.stream.StreamSettings;
import dev.millrace.ingest.stream.StreamSettings.Validation;
import dev.millrace.trainer.loop.TrainerSettings;
import dev.millrace.trainer.loop.TrainerSettings.OnMalformed;
import dev.millrace.trainer.optimizer.Schedule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options of a training run. The defaults are those of the launcher's quick recipe. */
public final class RunOptions {
  private static final int VALIDATION_IMAGES = 5_000;

  @Option(
      names = "--dataset",
      paramLabel = "cifar10|cifar100|synthetic|PATH",
      defaultValue = "cifar10",
      description = "default: ${DEFAULT-VALUE}")
  public String dataset;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "where the CIFAR archives are unpacked (default: ~/.cache/millrace)")
  public Path dataDir = Path.of(System.getProperty("user.home"), ".cache", "millrace");

  @Option(names = "--epochs", defaultValue = "12", description = "default: ${DEFAULT-VALUE}")
  public int epochs;

  @Option(names = "--batch-size", defaultValue = "128", description = "default: ${DEFAULT-VALUE}")
  public int batchSize;

  @Option(names = "--seed", defaultValue = "0", description = "default: ${DEFAULT-VALUE}")
  public long seed;

  @Option(
      names = "--learning-rate",
      defaultValue = "0.05",
      description = "default: ${DEFAULT-VALUE}")
  public double learningRate;

  @Option(
      names = "--records-per-step",
      defaultValue = "1",
      description = "minibatches of a step; default: ${DEFAULT-VALUE}")
  public int recordsPerStep;

  public MinibatchSource source() {
    return new MinibatchSource(
        read(), new StreamSettings(seed, batchSize, Validation.HOLDOUT, VALIDATION_IMAGES, 1));
  }

  private Dataset read() {
    if (dataset.equals("synthetic")) {
      return SyntheticDataset.draw();
    }
    Optional<CifarFormat> cifar = CifarFormat.named(dataset);
    return cifar.isPresent() ? cifar.get().read(dataDir) : folder();
  }

  private Dataset folder() {
    Storage storage = new Storage(dataDir.resolve("cache"), Runtime.getRuntime().maxMemory() / 2);
    Path root = Path.of(dataset).toAbsolutePath().normalize();
    try {
      return new ImageFolder(root, BrokenPictures.STOP, storage, ReadingProgress.SILENT).read();
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while reading the images", e);
    }
  }

  /** Returns the trainer's settings, as the launcher sets them. */
  public TrainerSettings trainer() {
    return new TrainerSettings(
        "in-process",
        "tinyimagenet",
        epochs,
        seed,
        new TrainerSettings.Sgd(learningRate, 0.9, 5e-4, Schedule.ONE_CYCLE),
        null,
        recordsPerStep,
        new TrainerSettings.Checkpoints(100, 3),
        OnMalformed.STOP);
  }

  /** Returns the options that determine the minibatches, for a benchmark process. */
  public List<String> stream() {
    return List.of(
        "--dataset",
        dataset,
        "--data-dir",
        dataDir.toString(),
        "--batch-size",
        Integer.toString(batchSize),
        "--seed",
        Long.toString(seed));
  }

  /** Returns the variables with the options that {@code millrace up} does not have. */
  public Map<String, String> environment() {
    return Map.of("MILLRACE_TRAINER_RECORDS_PER_STEP", Integer.toString(recordsPerStep));
  }

  /** Returns all other options, for {@code millrace up} or a benchmark process. */
  public List<String> launcher() {
    List<String> all = new ArrayList<>(stream());
    all.addAll(List.of("--epochs", Integer.toString(epochs)));
    all.addAll(List.of("--learning-rate", Double.toString(learningRate)));
    return all;
  }
}
