package dev.millrace.trainer.loop;

import dev.millrace.protocol.run.CheckpointManifest.Recipe;
import dev.millrace.protocol.run.RunDescription;
import dev.millrace.trainer.optimizer.Schedule;
import dev.millrace.trainer.optimizer.SgdOptimizer;
import java.util.Optional;

/**
 * What determines a run besides its stream. The service's configuration checks the ranges.
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

  /** Shards that are allowed at most. */
  public static final int MOST_SHARDS = 256;

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
}
