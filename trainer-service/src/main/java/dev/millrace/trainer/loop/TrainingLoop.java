package dev.millrace.trainer.loop;

import dev.millrace.checkpoint.Checkpoint;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.model.Architecture;
import dev.millrace.model.NamedTensors;
import dev.millrace.model.Network;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.protocol.safetensors.Safetensors;
import dev.millrace.protocol.stream.EpochEnd;
import dev.millrace.protocol.stream.Minibatch;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.StreamDescription;
import dev.millrace.trainer.step.ComputeDevice;
import dev.millrace.trainer.step.TrainingSession;
import dev.millrace.trainer.stream.EvaluationSplit;
import dev.millrace.trainer.stream.MinibatchStream;
import dev.millrace.trainer.stream.MinibatchStream.Delivery;
import dev.millrace.trainer.stream.StreamException;
import dev.millrace.trainer.stream.StreamPosition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Trains a run from its first minibatch, or from its newest checkpoint, to its last epoch. One
 * thread runs the loop. An exception ends the run with its message.
 */
public final class TrainingLoop {
  private final TrainerSettings settings;
  private final MinibatchStream source;
  private final EvaluationSplit validation;
  private final CheckpointStore store;
  private final TrainerTelemetry telemetry;
  private final StreamDescription stream;
  private final StreamReader reader;
  private final RecordParser parser;
  private final StreamPosition position;
  private final CheckpointWriter checkpoints;
  private final ProgressMeter progress;
  private final TrainingSession session;

  /** The minibatches of the current step. */
  private final List<Minibatch> records = new ArrayList<>();

  /**
   * Creates the loop.
   *
   * @param validation the validation split, which also contains the description of the stream
   */
  public TrainingLoop(
      TrainerSettings settings,
      ComputeDevice device,
      MinibatchStream source,
      EvaluationSplit validation,
      CheckpointStore store,
      TrainerTelemetry telemetry) {
    this.settings = settings;
    this.source = source;
    this.validation = validation;
    this.store = store;
    this.telemetry = telemetry;
    stream = validation.stream();
    position = new StreamPosition(stream, settings.recipe().recordsPerStep());
    checkpoints = new CheckpointWriter(settings, stream, validation, store, source, telemetry);
    progress = new ProgressMeter(settings, stream, position, telemetry);
    reader = new StreamReader(source, position, checkpoints, telemetry);
    int classes = stream.dataset().classes().size();
    parser = new RecordParser(source, telemetry, settings.onMalformed(), classes);
    session =
        new TrainingSession(
            Network.initialize(
                Architecture.named(settings.architecture()),
                classes,
                stream.dataset().normalization(),
                settings.seed(),
                device.device()),
            settings.sgd().momentum(),
            settings.sgd().weightDecay(),
            settings.recipe().shards());
  }

  /**
   * Trains until the run is complete or the process stops.
   *
   * @return whether the run is complete; false if the process is stopping
   * @throws StreamException if the stream or the run is not as expected
   */
  public boolean run() {
    try (session;
        checkpoints) {
      checkpoints.newestIntact().ifPresent(this::restore);
      if (position.epoch() <= settings.epochs()) {
        source.seek(position.trained().nextOffsets());
      }
      while (position.epoch() <= settings.epochs()) {
        Delivery delivery = progress.measureWait(() -> reader.next(session));
        if (delivery == null) {
          checkpoints.saveUnsaved(session, position);
          return false;
        }
        accept(delivery);
      }
    }
    return true;
  }

  private void restore(Checkpoint checkpoint) {
    CheckpointManifest manifest = checkpoint.manifest();
    checkpoints.requireSameRun(manifest);
    Network saved =
        Network.load(
            manifest, Safetensors.read(ByteBuffer.wrap(checkpoint.weights())), session.device());
    try (saved) {
      saved
          .parameters()
          .forEach(
              (name, value) -> NamedTensors.copy(value, session.network().parameters().get(name)));
    }
    session.restoreOptimizer(Safetensors.read(ByteBuffer.wrap(checkpoint.optimizer())));
    position.restore(
        manifest.epoch(), manifest.step(), manifest.nextOffsets(), manifest.progress());
    checkpoints.restore(manifest);
    progress.restore(manifest);
  }

  private void accept(Delivery delivery) {
    Optional<MinibatchHeaders> headers = parser.headers(delivery);
    if (headers.isEmpty()) {
      position.skipRecord(delivery);
      return;
    }
    switch (position.classify(delivery, headers.get())) {
      case NEXT -> addToStep(delivery);
      case EPOCH_END -> endPartition(delivery, RecordParser.epochEnd(delivery));
      case REPEATED -> telemetry.minibatchRepeated(delivery.where());
      case TOO_EARLY -> telemetry.minibatchTooEarly(delivery.where());
    }
  }

  private void addToStep(Delivery delivery) {
    Optional<Minibatch> minibatch = parser.minibatch(delivery);
    if (minibatch.isPresent()) {
      records.add(minibatch.get());
      position.accept(delivery);
    } else {
      position.skipMinibatch(delivery);
    }
    endStepIfComplete(delivery);
  }

  private void endStepIfComplete(Delivery last) {
    if (!position.isStepComplete()) {
      return;
    }
    if (records.isEmpty()) {
      position.skipStep();
    } else {
      step(last);
      records.clear();
    }
  }

  /**
   * Trains the step's minibatches.
   *
   * @param last the record of the last one
   */
  private void step(Delivery last) {
    double rate = learningRate();
    progress.beginStep();
    TrainingSession.Result result = session.train(records, rate);
    checkpoints.requireFinite(result.lossSum(), "loss", position, rate);
    position.endStep(result);
    progress.endStep(last, result, rate);
    checkpoints.requireNoFailure();
    boolean withinEpoch = position.sums().batches() < stream.batches(Split.TRAIN);
    if (withinEpoch && position.step() % settings.checkpoints().everySteps() == 0) {
      checkpoints.save(session, position);
    }
  }

  /** Returns the learning rate of the current step, or of the last one at the end of an epoch. */
  private double learningRate() {
    TrainerSettings.Sgd sgd = settings.sgd();
    return sgd.schedule()
        .rate(
            sgd.learningRate(), position.globalStep(), position.stepsPerEpoch(), settings.epochs());
  }

  private void endPartition(Delivery delivery, EpochEnd end) {
    if (position.endPartition(delivery, end)) {
      endEpoch();
    }
  }

  private void endEpoch() {
    Evaluation evaluation = Evaluation.of(session, validation);
    double rate = learningRate();
    checkpoints.requireFinite(evaluation.loss(), "validation loss", position, rate);
    CheckpointMetrics metrics =
        new CheckpointMetrics(
            position.sums().meanLoss(),
            position.sums().accuracy(),
            evaluation.loss(),
            evaluation.accuracy());
    EpochMetrics epoch = progress.endEpoch(metrics, rate);
    // The metrics are written before the checkpoint: a run that resumes from it does not write them
    // again.
    store.putDocument(
        settings.run(),
        EpochMetrics.path(position.epoch()),
        Json.prettyBytes(epoch),
        "application/json");
    checkpoints.saveEpoch(session, position, metrics);
    progress.reportEpoch();
    position.beginNextEpoch();
  }
}
