package dev.millrace.stack.command;

import static dev.millrace.stack.settings.StackSettings.choose;

import dev.millrace.stack.home.CommandFailedException;
import dev.millrace.stack.home.Home;
import dev.millrace.stack.home.Paths;
import dev.millrace.stack.home.RunTraces;
import dev.millrace.stack.settings.ShellEnvironment;
import dev.millrace.stack.settings.StackSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/**
 * The options of {@code millrace up} that describe the run. A home that already has a run keeps
 * that run's settings.
 */
public final class UpOptions {
  @Option(
      names = "--dataset",
      paramLabel = "cifar10|cifar100|synthetic|PATH",
      description = "dataset to train on (default: cifar10)")
  private String dataset;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "folder of the CIFAR archives (default: ~/.cache/millrace)")
  private String dataDir;

  @Option(
      names = "--recipe",
      paramLabel = "quick|reference",
      description =
          "quick: one-cycle, peak 0.05, 12 epochs; reference: multistep, 0.01, 200 epochs (default:"
              + " quick)")
  private String recipe;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "number of epochs (default: the recipe's)")
  private Integer epochs;

  @Option(names = "--batch-size", paramLabel = "N", description = "images per step (default: 128)")
  private Integer batchSize;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "seed of all random numbers (default: 0)")
  private Long seed;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      description = "learning rate (default: the recipe's)")
  private Double learningRate;

  @Option(
      names = "--schedule",
      paramLabel = "multistep|step|cosine|one-cycle",
      description = "learning-rate schedule (default: the recipe's)")
  private String schedule;

  @Option(
      names = "--architecture",
      paramLabel = "NAME",
      description = "network (default: tinyimagenet)")
  private String architecture;

  @Option(
      names = "--validation",
      paramLabel = "holdout|test",
      description = "images that select the best epoch (default: holdout)")
  private String validation;

  /**
   * Returns the settings of a run: those stored in the home, or else those of the options.
   *
   * @throws CommandFailedException if an option is not allowed, or contradicts the home's run
   */
  public StackSettings settings(Home home, ShellEnvironment shell) {
    StackSettings stored = StackSettings.stored(home).orElse(null);
    if (stored != null && mayChange(home, stored)) {
      stored = null;
    }
    boolean have = stored != null;
    String chosen = choose("--recipe", recipe, have ? stored.recipe() : null, "quick");
    boolean quick = chosen.equals("quick");
    return new StackSettings(
        choose("--dataset", dataset(stored), have ? stored.dataset() : null, "cifar10"),
        choose(
            "--data-dir",
            dataDir(stored),
            have ? stored.dataDir() : null,
            shell.dataFolder(home).toString()),
        chosen,
        choose("--epochs", epochs, have ? stored.epochs() : null, quick ? 12 : 200),
        choose("--batch-size", batchSize, have ? stored.batchSize() : null, 128),
        choose("--seed", seed, have ? stored.seed() : null, 0L),
        choose(
            "--learning-rate",
            learningRate,
            have ? stored.learningRate() : null,
            quick ? 0.05 : 0.01),
        choose(
            "--schedule",
            schedule,
            have ? stored.schedule() : null,
            quick ? "one-cycle" : "multistep"),
        choose("--architecture", architecture, have ? stored.architecture() : null, "tinyimagenet"),
        choose("--validation", validation, have ? stored.validation() : null, "holdout"),
        have ? stored.wanted() : null);
  }

  /**
   * Returns whether the options may differ from the stored settings. They may if the last {@code
   * up} produced nothing, or if it fell back to the synthetic dataset and saved no checkpoint. An
   * {@code up} without options always reuses the stored settings.
   */
  private boolean mayChange(Home home, StackSettings stored) {
    RunTraces traces = new RunTraces(home);
    boolean replaces =
        stored.wanted() != null && dataset != null && !dataset.equals(stored.dataset());
    return replaces ? !traces.hasCheckpoint() : !isEmpty() && !traces.exist();
  }

  private boolean isEmpty() {
    return Stream.of(
            dataset,
            dataDir,
            recipe,
            epochs,
            batchSize,
            seed,
            learningRate,
            schedule,
            architecture,
            validation)
        .allMatch(Objects::isNull);
  }

  /**
   * Returns the name of a dataset or the real path of its folder. Returns the stored spelling if it
   * denotes the same folder.
   */
  private String dataset(StackSettings stored) {
    if (dataset == null || StackSettings.NAMED.contains(dataset)) {
      return dataset;
    }
    Path folder = Paths.real(Paths.of("--dataset", dataset));
    if (stored != null && isSame(folder, stored.dataset())) {
      return stored.dataset();
    }
    if (!Files.isDirectory(folder)) {
      throw new CommandFailedException(
          "--dataset=%s: allowed: %s, or the path of a folder of class folders; there is no folder %s"
              .formatted(dataset, String.join(", ", StackSettings.NAMED), folder));
    }
    return folder.toString();
  }

  private String dataDir(StackSettings stored) {
    if (dataDir == null) {
      return null;
    }
    Path folder = Paths.real(Paths.of("--data-dir", dataDir));
    return stored != null && isSame(folder, stored.dataDir())
        ? stored.dataDir()
        : folder.toString();
  }

  private static boolean isSame(Path folder, String stored) {
    return !StackSettings.NAMED.contains(stored) && folder.equals(Paths.real(Path.of(stored)));
  }
}
