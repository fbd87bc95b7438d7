package dev.millrace.protocol.run;

import dev.millrace.protocol.run.TrainingEvent.Type;
import java.time.Instant;

/**
 * A builder of {@link TrainingEvent}, whose components it describes. Values that are not set are
 * absent from the event; the epoch, the step and the batch are then 0.
 */
public final class TrainingEventBuilder {
  private final Type type;
  private final String run;
  private Instant time;
  private int epoch;
  private int epochs;
  private long step;
  private int batch;
  private int batches;
  private Double loss;
  private Double accuracy;
  private Double validationLoss;
  private Double validationAccuracy;
  private Double testAccuracy;
  private Double learningRate;
  private Double imagesPerSecond;
  private Double etaSeconds;
  private String message;
  private String service;

  TrainingEventBuilder(Type type, String run) {
    this.type = type;
    this.run = run;
    time = Instant.now();
  }

  /** Sets the time of the event instead of the current time. */
  public TrainingEventBuilder time(Instant time) {
    this.time = time;
    return this;
  }

  public TrainingEventBuilder epoch(int epoch, int epochs) {
    this.epoch = epoch;
    this.epochs = epochs;
    return this;
  }

  public TrainingEventBuilder step(long step) {
    this.step = step;
    return this;
  }

  public TrainingEventBuilder batch(int batch, int batches) {
    this.batch = batch;
    this.batches = batches;
    return this;
  }

  /** Copies the position and the results of an earlier event of the run. */
  public TrainingEventBuilder after(TrainingEvent last) {
    return epoch(last.epoch(), last.epochs())
        .step(last.step())
        .batch(last.batch(), last.batches())
        .training(last.loss(), last.accuracy())
        .validation(last.validationLoss(), last.validationAccuracy());
  }

  public TrainingEventBuilder training(Double loss, Double accuracy) {
    this.loss = loss;
    this.accuracy = accuracy;
    return this;
  }

  public TrainingEventBuilder validation(Double loss, Double accuracy) {
    validationLoss = loss;
    validationAccuracy = accuracy;
    return this;
  }

  public TrainingEventBuilder validationAccuracy(Double accuracy) {
    validationAccuracy = accuracy;
    return this;
  }

  public TrainingEventBuilder testAccuracy(double accuracy) {
    testAccuracy = accuracy;
    return this;
  }

  public TrainingEventBuilder learningRate(double rate) {
    learningRate = rate;
    return this;
  }

  /**
   * Sets the speed.
   *
   * @param etaSeconds null if it is not known yet
   */
  public TrainingEventBuilder speed(double imagesPerSecond, Double etaSeconds) {
    this.imagesPerSecond = imagesPerSecond;
    this.etaSeconds = etaSeconds;
    return this;
  }

  public TrainingEventBuilder message(String message) {
    this.message = message;
    return this;
  }

  public TrainingEventBuilder service(String name) {
    service = name;
    return this;
  }

  /**
   * Creates the event.
   *
   * @throws IllegalArgumentException if a part that every reader requires is missing
   */
  public TrainingEvent build() {
    return new TrainingEvent(
        TrainingEvent.SCHEMA,
        type,
        run,
        time,
        epoch,
        epochs,
        step,
        batch,
        batches,
        loss,
        accuracy,
        validationLoss,
        validationAccuracy,
        testAccuracy,
        learningRate,
        imagesPerSecond,
        etaSeconds,
        message,
        service);
  }
}
