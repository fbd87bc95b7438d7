package dev.millrace.trainer;

import dev.millrace.trainer.loop.TrainerSettings;
import dev.millrace.trainer.optimizer.Schedule;
import dev.millrace.trainer.step.ComputeDevice;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.OptionalInt;

/** Every setting of the trainer: {@code MILLRACE_TRAINER_EPOCHS} is {@code trainer().epochs()}. */
@ConfigMapping(prefix = "millrace")
interface TrainerConfig {
  S3 s3();

  Trainer trainer();

  /** The store of runs and checkpoints. */
  interface S3 {
    @WithDefault("http://localhost:9100")
    String endpoint();

    @WithDefault("millrace")
    String bucket();

    String accessKey();

    String secretKey();
  }

  /** The run; defaults are the reference recipe's. */
  interface Trainer {
    String run();

    @WithDefault("tinyimagenet")
    String architecture();

    @WithDefault("auto")
    ComputeDevice.Choice device();

    @WithDefault("200")
    int epochs();

    @WithDefault("0")
    long seed();

    @WithDefault("0.01")
    double learningRate();

    @WithDefault("0.9")
    double momentum();

    @WithDefault("5e-4")
    double weightDecay();

    @WithDefault("multistep")
    Schedule schedule();

    /**
     * Parts of a minibatch whose gradients are computed apart and added in order. The number
     * decides the last bits of the weights; a machine uses up to that many cores for them. By
     * default a resumed run keeps its number, and a new one has 4.
     */
    OptionalInt shards();

    @WithDefault("100")
    int checkpointEverySteps();

    @WithDefault("3")
    int keepCheckpoints();

    /** After a record that cannot be read: {@code stop} or {@code skip}. */
    @WithDefault("stop")
    TrainerSettings.OnMalformed onMalformed();

    /** Whether to end the process, with code 0, when the run is complete: for jobs. */
    @WithDefault("false")
    boolean exitWhenFinished();
  }

  default TrainerSettings settings() {
    Trainer trainer = trainer();
    return new TrainerSettings(
        trainer.run(),
        trainer.architecture(),
        trainer.epochs(),
        trainer.seed(),
        trainer.learningRate(),
        trainer.momentum(),
        trainer.weightDecay(),
        trainer.schedule(),
        trainer.shards().isPresent() ? trainer.shards().getAsInt() : null,
        trainer.checkpointEverySteps(),
        trainer.keepCheckpoints(),
        trainer.onMalformed());
  }
}
