package dev.millrace.stack;

import dev.millrace.protocol.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What a home's run was begun with; kept in the home, so that a second {@code up} resumes it. */
record StackSettings(
    String dataset,
    String dataDir,
    String recipe,
    int epochs,
    int batchSize,
    long seed,
    double learningRate,
    String schedule,
    String architecture,
    String validation) {
  private static final int LARGEST_BATCH = 4096;

  /**
   * @throws StackException if a value is not allowed; names the option
   */
  StackSettings {
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
        List.of(allowed).contains(value), option, "'" + value + "'", String.join(", ", allowed));
  }

  private static void require(boolean holds, String option, Object value, String allowed) {
    if (!holds) {
      throw new StackException("%s is %s; allowed: %s".formatted(option, value, allowed));
    }
  }

  /** Names the run in S3. */
  String run() {
    String name = dataset.contains("/") ? Path.of(dataset).getFileName().toString() : dataset;
    return (name + "-" + recipe).replaceAll("[^A-Za-z0-9._-]", "_");
  }

  StackSettings withDataset(String other) {
    return new StackSettings(
        other,
        dataDir,
        recipe,
        epochs,
        batchSize,
        seed,
        learningRate,
        schedule,
        architecture,
        validation);
  }

  static Optional<StackSettings> stored(Home home) {
    try {
      return Files.exists(home.settings())
          ? Optional.of(Json.read(Files.readAllBytes(home.settings()), StackSettings.class))
          : Optional.empty();
    } catch (IOException e) {
      throw new StackException("cannot read %s (%s)".formatted(home.settings(), e));
    }
  }

  void store(Home home) {
    Path temporary = home.run("stack.json.new");
    try {
      Files.write(temporary, Json.prettyBytes(this));
      Files.move(temporary, home.settings(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new StackException("cannot write %s (%s)".formatted(home.settings(), e));
    }
  }

  /**
   * An option's value: what is stored, or what is given, or the default.
   *
   * @throws StackException if what is given contradicts what is stored
   */
  static <T> T choose(String option, T given, T stored, T standard) {
    if (stored != null && given != null && !Objects.equals(given, stored)) {
      throw new StackException(
          "%s %s contradicts this home's run, which was begun with %s; leave the option away to go on with it, or choose another --home"
              .formatted(option, given, stored));
    }
    if (stored != null) {
      return stored;
    }
    return given != null ? given : standard;
  }
}
