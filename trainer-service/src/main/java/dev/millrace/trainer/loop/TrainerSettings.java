package dev.millrace.trainer.loop;

import dev.millrace.protocol.run.CheckpointManifest.Recipe;
import dev.millrace.protocol.run.RunDescription;
import dev.millrace.trainer.optimizer.Schedule;
import dev.millrace.trainer.optimizer.SgdOptimizer;
import java.util.Optional;

/**
 * The settings of a run. Together with the stream they determine its result. The service's
 * configuration checks the ranges.
 *
 * @param run the name of the run in S3: letters, digits, dots, dashes, underscores
 * @param seed the seed of the initial weights
 * @param shards parts of a minibatch whose gradients are added in order, 1 to 256; null: the value
 *     of the run's checkpoints, or {@value #SHARDS}
 * @param recordsPerStep minibatches of a step, 1 to {@value #MAX_RECORDS_PER_STEP}; of several,
 *     each is a shard
 * @param onMalformed what happens after an unreadable record was sent to the dead-letter topic
 */
public record TrainerSettings(
    String run,
    String architecture,
    int epochs,
    long seed,
    Sgd sgd,
    Integer shards,
    int recordsPerStep,
    Checkpoints checkpoints,
    OnMalformed onMalformed) {
  /** Default number of shards, which keeps two cores busy; more cores need more shards. */
  static final int SHARDS = 4;

  /** Maximum number of shards. */
  public static final int MAX_SHARDS = 256;

  /** Maximum number of minibatches of a step, so that a step fits into memory. */
  public static final int MAX_RECORDS_PER_STEP = 64;

  /**
   * The settings of the optimizer.
   *
   * @param learningRate the base rate of the schedule; for one-cycle the peak
   */
  public record Sgd(double learningRate, double momentum, double weightDecay, Schedule schedule) {}

  /**
   * When checkpoints are saved and deleted.
   *
   * @param everySteps steps between two checkpoints within an epoch; each epoch ends with a
   *     checkpoint
   * @param keep number of newest checkpoints to keep, besides the best
   */
  public record Checkpoints(int everySteps, int keep) {}

  /** What to do after a record that cannot be read. */
  public enum OnMalformed {
    /** The run stops and needs an operator. */
    STOP,
    /** The run continues without the record; the epoch's metrics and the manifest count it. */
    SKIP
  }

  /** Returns these settings with the number of shards filled in if it is not set. */
  public TrainerSettings withShardsOf(Optional<Recipe> newest) {
    Integer decided = shards != null ? shards : newest.map(Recipe::shards).orElse(SHARDS);
    return new TrainerSettings(
        run, architecture, epochs, seed, sgd, decided, recordsPerStep, checkpoints, onMalformed);
  }

  /** Returns the settings that the next step after a checkpoint depends on, for the manifest. */
  Recipe recipe() {
    return new Recipe(
        seed,
        SgdOptimizer.NAME,
        sgd.momentum(),
        sgd.weightDecay(),
        sgd.schedule().settingName(),
        sgd.learningRate(),
        epochs,
        shards == null ? SHARDS : shards,
        recordsPerStep);
  }

  /** Returns these settings in the form of {@code run.json}. */
  public RunDescription.Settings description() {
    return new RunDescription.Settings(
        run,
        architecture,
        epochs,
        seed,
        sgd.learningRate(),
        sgd.momentum(),
        sgd.weightDecay(),
        sgd.schedule().name(),
        shards,
        recordsPerStep,
        checkpoints.everySteps(),
        checkpoints.keep(),
        onMalformed.name());
  }
}
