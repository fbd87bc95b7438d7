package dev.millrace.stack.settings;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.stack.home.AtomicFile;
import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The settings of a run. They are stored in the home, so that a second {@code up} resumes the run.
 *
 * @param dataset a name of {@link #NAMED}, or the real path of a folder
 * @param wanted the unavailable dataset that {@code dataset} replaces, or null
 */
public record StackSettings(
    String dataset,
    String dataDir,
    String recipe,
    int epochs,
    int batchSize,
    long seed,
    double learningRate,
    String schedule,
    String architecture,
    String validation,
    String wanted) {
  public static final String SYNTHETIC = "synthetic";
  public static final List<String> NAMED = List.of("cifar10", "cifar100", SYNTHETIC);
  private static final int LARGEST_BATCH = 4096;

  /**
   * Checks all values.
   *
   * @throws CommandFailedException if a value is not allowed; the message names the option
   */
  public StackSettings {
    require(dataset != null && !dataset.isEmpty(), "--dataset", dataset, "a name or a folder");
    require(dataDir != null && !dataDir.isEmpty(), "--data-dir", dataDir, "a folder");
    allow("--recipe", recipe, "quick", "reference");
    allow("--schedule", schedule, "multistep", "step", "cosine", "one-cycle");
    allow("--architecture", architecture, "tinyimagenet");
    allow("--validation", validation, "holdout", "test");
    require(epochs >= 1, "--epochs", epochs, "1 or more");
    require(
        batchSize >= 1 && batchSize <= LARGEST_BATCH,
        "--batch-size",
        batchSize,
        "1 to " + LARGEST_BATCH);
    require(
        learningRate > 0 && learningRate <= 100,
        "--learning-rate",
        learningRate,
        "above 0, to 100");
  }

  private static void allow(String option, String value, String... allowed) {
    require(
        value != null && List.of(allowed).contains(value),
        option,
        value,
        String.join(", ", allowed));
  }

  private static void require(boolean holds, String option, Object value, String allowed) {
    if (!holds) {
      throw new CommandFailedException("%s=%s: allowed: %s".formatted(option, value, allowed));
    }
  }

  /** Returns the name of the run in S3. */
  public String run() {
    Path last = dataset.contains("/") ? Path.of(dataset).getFileName() : Path.of(dataset);
    String name = last == null ? "root" : last.toString();
    return (name + "-" + recipe).replaceAll("[^A-Za-z0-9._-]", "_");
  }

  /** Returns a copy in which the synthetic dataset replaces an unavailable one. */
  public StackSettings withSyntheticDataset() {
    return new StackSettings(
        SYNTHETIC,
        dataDir,
        recipe,
        epochs,
        batchSize,
        seed,
        learningRate,
        schedule,
        architecture,
        validation,
        dataset);
  }

  /**
   * Reads the settings of the home's last {@code up}.
   *
   * @throws CommandFailedException if the file is damaged
   */
  public static Optional<StackSettings> stored(Home home) {
    if (!Files.exists(home.settings())) {
      return Optional.empty();
    }
    try {
      return Optional.of(Json.read(Files.readAllBytes(home.settings()), StackSettings.class));
    } catch (IOException | MalformedException e) {
      throw new CommandFailedException(
          "cannot read %s (%s); remove it, and give millrace up the options again with which the run was started"
              .formatted(home.settings(), Reason.of(e)));
    }
  }

  /**
   * Reads the settings of the home's run.
   *
   * @throws CommandFailedException if the home has no run, or the file is damaged
   */
  public static StackSettings required(Home home) {
    return stored(home)
        .orElseThrow(() -> new CommandFailedException("there is no run in --home " + home.root()));
  }

  public void store(Home home) {
    AtomicFile.write(home.settings(), Json.prettyBytes(this));
  }

  /**
   * Returns the value of an option: the stored one, or else the given one, or else the default.
   *
   * @throws CommandFailedException if the given value contradicts the stored one
   */
  public static <T> T choose(String option, T given, T stored, T standard) {
    if (stored != null && given != null && !Objects.equals(given, stored)) {
      throw new CommandFailedException(
          "%s %s contradicts this home's run, which was started with %s; omit the option to resume the run, or choose another --home"
              .formatted(option, given, stored));
    }
    if (stored != null) {
      return stored;
    }
    return given != null ? given : standard;
  }
}
