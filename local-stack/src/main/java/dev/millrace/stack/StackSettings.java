package dev.millrace.stack;

import dev.millrace.protocol.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
