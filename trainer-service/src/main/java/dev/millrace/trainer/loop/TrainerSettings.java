package dev.millrace.trainer.loop;

import dev.millrace.protocol.run.CheckpointManifest.Recipe;
import dev.millrace.protocol.run.RunDescription;
import dev.millrace.trainer.optimizer.Schedule;
import dev.millrace.trainer.optimizer.SgdOptimizer;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What determines a run besides its stream. Refuses values out of range, naming the environment
 * variable.
 *
 * @param run names the run in S3: letters, digits, dot, dash, underscore
 * @param seed of the initial weights
 * @param learningRate of the schedule's base; for one-cycle its peak
 * @param shards parts of a minibatch whose gradients are added in order, 1 to 256; empty: those of
 *     the run's checkpoints, or {@value #SHARDS}
 * @param checkpointEverySteps between checkpoints in mid-epoch; one is written at every epoch's end
 * @param keepCheckpoints how many of the newest stay, besides the best
 * @param onMalformed what happens after a record that cannot be read went to the dead letters
 */
public record TrainerSettings(
    String run,
    String architecture,
    int epochs,
    long seed,
    double learningRate,
    double momentum,
    double weightDecay,
    Schedule schedule,
    Integer shards,
    int checkpointEverySteps,
    int keepCheckpoints,
    OnMalformed onMalformed) {
  /** Keeps two cores busy; more cores need more shards. */
  static final int SHARDS = 4;

  private static final int MOST_SHARDS = 256;
  private static final Pattern RUN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  public TrainerSettings {
    require(
        RUN.matcher(run).matches(),
        "RUN",
        run,
        "1 to 100 letters, digits, dots, dashes or underscores");
    require(epochs >= 1, "EPOCHS", epochs, "1 or more");
    require(
        learningRate > 0 && learningRate <= 100, "LEARNING_RATE", learningRate, "above 0, to 100");
    require(momentum >= 0 && momentum < 1, "MOMENTUM", momentum, "0 or more, below 1");
    require(weightDecay >= 0 && weightDecay < 1, "WEIGHT_DECAY", weightDecay, "0 or more, below 1");
    int parts = shards == null ? SHARDS : shards;
    require(parts >= 1 && parts <= MOST_SHARDS, "SHARDS", parts, "1 to " + MOST_SHARDS);
    require(checkpointEverySteps >= 1, "CHECKPOINT_EVERY_STEPS", checkpointEverySteps, "1 or more");
    require(keepCheckpoints >= 1, "KEEP_CHECKPOINTS", keepCheckpoints, "1 or more");
  }

  /** What to do about a record that cannot be read. */
  public enum OnMalformed {
    /** The run stops and needs a person. */
    STOP,
    /** The run goes on without it; the epoch's metrics and the manifest count it. */
    SKIP
  }

  /**
   * Fills in the shards if the setting leaves them open.
   *
   * @param newest the recipe of the run's newest checkpoint; empty for a new run
   */
  public TrainerSettings withShardsOf(Optional<Recipe> newest) {
    Integer decided = shards != null ? shards : newest.map(Recipe::shards).orElse(SHARDS);
    return new TrainerSettings(
        run,
        architecture,
        epochs,
        seed,
        learningRate,
        momentum,
        weightDecay,
        schedule,
        decided,
        checkpointEverySteps,
        keepCheckpoints,
        onMalformed);
  }

  /** What a checkpoint's next step depends on, for its manifest. */
  Recipe recipe() {
    return new Recipe(
        seed,
        SgdOptimizer.NAME,
        momentum,
        weightDecay,
        schedule.settingName(),
        learningRate,
        epochs,
        shards == null ? SHARDS : shards);
  }

  /** Returns these settings as {@code run.json} states them. */
  public RunDescription.Settings description() {
    return new RunDescription.Settings(
        run,
        architecture,
        epochs,
        seed,
        learningRate,
        momentum,
        weightDecay,
        schedule.name(),
        shards,
        checkpointEverySteps,
        keepCheckpoints,
        onMalformed.name());
  }

  private static void require(boolean holds, String name, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(
          "MILLRACE_TRAINER_%s is '%s'; allowed: %s".formatted(name, value, allowed));
    }
  }
}
