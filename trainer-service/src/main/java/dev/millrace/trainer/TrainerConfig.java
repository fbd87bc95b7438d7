package dev.millrace.trainer;

import dev.millrace.start.settings.CommonSettings;
import dev.millrace.start.settings.S3Settings;
import dev.millrace.trainer.loop.TrainerSettings;
import dev.millrace.trainer.optimizer.Schedule;
import dev.millrace.trainer.step.ComputeDevice;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.util.OptionalInt;

/**
 * The settings of the trainer. The environment variable {@code MILLRACE_TRAINER_SEED} sets {@code
 * trainer().seed()}.
 */
@ConfigMapping(prefix = "millrace")
interface TrainerConfig extends CommonSettings {
  S3Settings s3();

  /** Epochs of the run. */
  @WithDefault("200")
  @Min(1)
  int epochs();

  Trainer trainer();

  /** The run; the defaults are those of the reference recipe. */
  interface Trainer {
    /** Name of the run; its checkpoints are in S3 under {@code runs/NAME/}. */
    @Pattern(
        regexp = "[A-Za-z0-9][A-Za-z0-9._-]{0,99}",
        message = "1 to 100 letters, digits, dots, dashes or underscores")
    String run();

    /** Network to train. */
    @WithDefault("tinyimagenet")
    String architecture();

    /** Device to train on; with {@code cuda} the trainer does not start without a GPU. */
    @WithDefault("auto")
    ComputeDevice.Choice device();

    /** Seed of the initial weights. */
    @WithDefault("0")
    long seed();

    /** Base learning rate of the schedule; for {@code one-cycle} its peak. */
    @WithDefault("0.01")
    @DecimalMin(value = "0", inclusive = false)
    @DecimalMax("100")
    double learningRate();

    /** Momentum of SGD. */
    @WithDefault("0.9")
    @DecimalMin("0")
    @DecimalMax(value = "1", inclusive = false)
    double momentum();

    /** Weight decay of SGD. */
    @WithDefault("5e-4")
    @DecimalMin("0")
    @DecimalMax(value = "1", inclusive = false)
    double weightDecay();

    /** Schedule of the learning rate. */
    @WithDefault("multistep")
    Schedule schedule();

    /**
     * Shards of a minibatch on a CPU; a machine uses at most this many cores for them. Their
     * gradients are computed separately and added in order, so the number decides the last bits of
     * the weights. Default: that of the resumed run, or 4.
     */
    @Min(1)
    @Max(TrainerSettings.MAX_SHARDS)
    OptionalInt shards();

    /**
     * Minibatches of a step. Of several, each is a shard, and their gradients are added in order.
     * An epoch's last step may have fewer. The learning rate is that of the whole step.
     */
    @WithDefault("1")
    @Min(1)
    @Max(TrainerSettings.MAX_RECORDS_PER_STEP)
    int recordsPerStep();

    /** Steps between two checkpoints within an epoch; each epoch ends with a checkpoint. */
    @WithDefault("100")
    @Min(1)
    int checkpointEverySteps();

    /** Newest checkpoints to keep, besides the best and the pinned one. */
    @WithDefault("3")
    @Min(1)
    int keepCheckpoints();

    /** Whether a record that cannot be read stops the run or is left out. */
    @WithDefault("stop")
    TrainerSettings.OnMalformed onMalformed();

    /** Whether the process ends, with exit code 0, when the run is complete. */
    @WithDefault("false")
    boolean exitWhenFinished();
  }

  default TrainerSettings settings() {
    Trainer trainer = trainer();
    return new TrainerSettings(
        trainer.run(),
        trainer.architecture(),
        epochs(),
        trainer.seed(),
        new TrainerSettings.Sgd(
            trainer.learningRate(), trainer.momentum(), trainer.weightDecay(), trainer.schedule()),
        trainer.shards().isPresent() ? trainer.shards().getAsInt() : null,
        trainer.recordsPerStep(),
        new TrainerSettings.Checkpoints(trainer.checkpointEverySteps(), trainer.keepCheckpoints()),
        trainer.onMalformed());
  }
}
