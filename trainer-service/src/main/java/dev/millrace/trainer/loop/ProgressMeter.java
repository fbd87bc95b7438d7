package dev.millrace.trainer.loop;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.stream.StreamDescription;
import dev.millrace.trainer.step.TrainingSession;
import dev.millrace.trainer.stream.MinibatchStream.Delivery;
import dev.millrace.trainer.stream.StreamPosition;
import java.time.Duration;
import java.util.function.Supplier;

/** Measures the speed of the loop and reports its progress about once a second. */
final class ProgressMeter {
  private static final long EVENT_NANOS = Duration.ofSeconds(1).toNanos();

  private final TrainerSettings settings;
  private final StreamDescription stream;
  private final StreamPosition position;
  private final TrainerTelemetry telemetry;
  private CheckpointMetrics last;
  private double learningRate;
  private long epochBegin = System.nanoTime();
  private long epochImages;
  private double epochTrainSeconds;
  private double imagesPerSecond;
  private long lastEvent = System.nanoTime();
  private long imagesSinceEvent;
  private long stepBegin;
  private double waitSeconds;

  ProgressMeter(
      TrainerSettings settings,
      StreamDescription stream,
      StreamPosition position,
      TrainerTelemetry telemetry) {
    this.settings = settings;
    this.stream = stream;
    this.position = position;
    this.telemetry = telemetry;
  }

  void restore(CheckpointManifest manifest) {
    last = manifest.metrics();
  }

  /** Measures how long the loop waits for data. */
  <T> T measureWait(Supplier<T> next) {
    long begin = System.nanoTime();
    T taken = next.get();
    waitSeconds += (System.nanoTime() - begin) / 1e9;
    return taken;
  }

  void beginStep() {
    stepBegin = System.nanoTime();
  }

  void endStep(Delivery delivery, TrainingSession.Result result, double rate) {
    int images = result.images();
    long now = System.nanoTime();
    double seconds = (now - stepBegin) / 1e9;
    telemetry.stepCompleted(
        new CompletedStep(
            settings.run(),
            position.epoch(),
            position.step(),
            images,
            result.lossSum() / images,
            rate,
            seconds,
            waitSeconds,
            delivery.header()));
    epochTrainSeconds += seconds + waitSeconds;
    waitSeconds = 0;
    epochImages += images;
    imagesSinceEvent += images;
    learningRate = rate;
    if (now - lastEvent >= EVENT_NANOS) {
      imagesPerSecond = imagesSinceEvent / ((now - lastEvent) / 1e9);
      imagesSinceEvent = 0;
      lastEvent = now;
      telemetry.event(event(TrainingEvent.Type.PROGRESS));
    }
  }

  EpochMetrics endEpoch(CheckpointMetrics metrics, double lastRate) {
    last = metrics;
    imagesPerSecond = epochTrainSeconds > 0 ? epochImages / epochTrainSeconds : 0;
    double seconds = (System.nanoTime() - epochBegin) / 1e9;
    return EpochMetrics.of(
        position.epoch(),
        position.step(),
        metrics,
        new EpochMetrics.Speed(lastRate, imagesPerSecond, seconds),
        position.sums().rejected(),
        position.trained().nextOffsets());
  }

  /** Reports that the checkpoint of an epoch is saved, and begins to measure the next epoch. */
  void reportEpoch() {
    telemetry.event(event(TrainingEvent.Type.EPOCH));
    epochBegin = System.nanoTime();
    epochImages = 0;
    epochTrainSeconds = 0;
    lastEvent = epochBegin;
    imagesSinceEvent = 0;
  }

  private TrainingEvent event(TrainingEvent.Type type) {
    int batches = stream.batches(Split.TRAIN);
    long left = (long) batches * settings.epochs() - position.trained().place();
    Double eta = imagesPerSecond > 0 ? left * stream.batchSize() / imagesPerSecond : null;
    return TrainingEvent.builder(type, settings.run())
        .epoch(position.epoch(), settings.epochs())
        .step(position.step())
        .batch(position.sums().batches(), batches)
        .training(position.sums().meanLoss(), position.sums().accuracy())
        .validation(
            last == null ? null : last.validationLoss(),
            last == null ? null : last.validationAccuracy())
        .learningRate(learningRate)
        .speed(imagesPerSecond, eta)
        .build();
  }
}
