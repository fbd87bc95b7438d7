package dev.millrace.benchmarks.training;

import dev.millrace.benchmarks.machine.Machine;
import dev.millrace.benchmarks.process.RunOptions;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.store.InMemoryObjectStore;
import dev.millrace.trainer.loop.TrainerTelemetry;
import dev.millrace.trainer.loop.TrainingLoop;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Runs the trainer's own loop on the minibatches that ingest would publish, in one process without
 * Kafka and S3. A streamed run of the same dataset, seed and recipe ends with bit-identical
 * weights.
 */
@Command(
    name = "in-process-run",
    mixinStandardHelpOptions = true,
    description = "Trains in one process; prints accuracies and the weights' SHA-256.")
public final class InProcessRun implements Callable<Integer> {
  @Mixin private RunOptions options = new RunOptions();

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "measure N steps on minibatches that were made before, and stop")
  private int steps;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new InProcessRun()).execute(arguments));
  }

  @Override
  public Integer call() {
    if (steps > 0) {
      InMemoryStream stream = InMemoryStream.prepared(options.source(), StepWindow.WARM_UP + steps);
      StepWindow window = new StepWindow(steps);
      train(options, stream, window);
      System.out.printf("%.1f images/s%n%s%n", window.imagesPerSecond(), window.profile());
      return 0;
    }
    CheckpointManifest last =
        train(options, InMemoryStream.of(options.source()), new PrintedEpochs());
    System.out.printf("weights %s%n", last.weights().sha256());
    return 0;
  }

  /** Trains to the end of the run or of the stream, and returns the last checkpoint. */
  public static CheckpointManifest train(
      RunOptions options, InMemoryStream stream, TrainerTelemetry telemetry) {
    CheckpointStore store = new CheckpointStore(new InMemoryObjectStore());
    new TrainingLoop(
            options.trainer(), Machine.device(), stream, stream.validation(), store, telemetry)
        .run();
    return store.newest(options.trainer().run()).orElseThrow();
  }
}
