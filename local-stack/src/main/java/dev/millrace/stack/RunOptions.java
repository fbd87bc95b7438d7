package dev.millrace.stack;

import static dev.millrace.stack.StackSettings.choose;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** What a run is begun with; a home that has a run already keeps what it was begun with. */
final class RunOptions {
  @Option(
      names = "--dataset",
      paramLabel = "cifar10|cifar100|synthetic|PATH",
      description = "what to learn (default: cifar10)")
  private String dataset;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "where the CIFAR archives are unpacked (default: ~/.cache/millrace)")
  private Path dataDir;

  @Option(
      names = "--recipe",
      paramLabel = "quick|reference",
      description =
          "quick: one-cycle, peak 0.05, 12 epochs; reference: multistep, 0.01, 200 epochs (default:"
              + " quick)")
  private String recipe;

  @Option(names = "--epochs", paramLabel = "N", description = "overrides the recipe's")
  private Integer epochs;

  @Option(names = "--batch-size", paramLabel = "N", description = "images a step (default: 128)")
  private Integer batchSize;

  @Option(names = "--seed", paramLabel = "N", description = "of everything random (default: 0)")
  private Long seed;

  @Option(names = "--learning-rate", paramLabel = "X", description = "overrides the recipe's")
  private Double learningRate;

  @Option(
      names = "--schedule",
      paramLabel = "multistep|step|cosine|one-cycle",
      description = "overrides the recipe's")
  private String schedule;

  @Option(names = "--architecture", paramLabel = "NAME", description = "default: tinyimagenet")
  private String architecture;

  @Option(
      names = "--validation",
      paramLabel = "holdout|test",
      description = "where the images come from that choose the best epoch (default: holdout)")
  private String validation;

  /**
   * @throws StackException if an option is not allowed, or contradicts the home's run
   */
  StackSettings settings(Home home) {
    StackSettings stored = StackSettings.stored(home).orElse(null);
    boolean have = stored != null;
    String chosen = choose("--recipe", recipe, have ? stored.recipe() : null, "quick");
    boolean quick = chosen.equals("quick");
    String directory = dataDir == null ? null : dataDir.toAbsolutePath().normalize().toString();
    return new StackSettings(
        choose("--dataset", dataset, have ? stored.dataset() : null, "cifar10"),
        choose(
            "--data-dir",
            directory,
            have ? stored.dataDir() : null,
            Path.of(System.getProperty("user.home"), ".cache", "millrace").toString()),
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
        choose("--validation", validation, have ? stored.validation() : null, "holdout"));
  }
}
