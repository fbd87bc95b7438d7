package dev.millrace.trainer.training;

import dev.millrace.model.Architecture;
import dev.millrace.model.Checkpoint;
import dev.millrace.model.CheckpointManifest;
import dev.millrace.model.CheckpointManifest.CheckpointMetrics;
import dev.millrace.model.CheckpointStore;
import dev.millrace.model.Network;
import dev.millrace.protocol.EpochEnd;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.Minibatch;
import dev.millrace.protocol.MinibatchCodec;
import dev.millrace.protocol.Safetensors;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.StreamDescription;
import dev.millrace.trainer.training.MinibatchStream.Delivery;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A run from its first minibatch, or its newest checkpoint, to its report. One thread runs it.
 * Nothing is caught here: what is thrown ends the run with its message.
 */
public final class TrainingLoop {
  private final TrainerSettings settings;
  private final MinibatchStream source;
  private final EvaluationSplit validation;
  private final CheckpointStore store;
  private final TrainerTelemetry telemetry;
  private final StreamDescription stream;
  private final StreamPosition position;
  private final CheckpointWriter checkpoints;
  private final ProgressMeter progress;
  private final TrainingSession session;

  /**
   * @param validation read before, so that the stream's description is known
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
    position = new StreamPosition(stream);
    checkpoints = new CheckpointWriter(settings, stream, validation, store, source, telemetry);
    progress = new ProgressMeter(settings, stream, position, telemetry);
    session =
        new TrainingSession(
            Network.initialize(
                Architecture.named(settings.architecture()),
                stream.dataset().classes().size(),
                stream.dataset().normalization(),
                settings.seed(),
                device.device()),
            settings.momentum(),
            settings.weightDecay());
  }

  /**
   * @return whether the run is complete; false if the stream ended because the process stops
   * @throws StreamException if the stream or the run is not what it must be
   */
  public boolean run() {
    try (session) {
      Optional<CheckpointManifest> newest = store.newest(settings.run());
      newest.ifPresent(this::restore);
      if (position.epoch() <= settings.epochs()) {
        source.seek(position.nextOffsets());
      }
      while (position.epoch() <= settings.epochs()) {
        Delivery delivery = progress.waiting(source::next);
        if (delivery == null) {
          checkpoints.saveUnsaved(session, position);
          return false;
        }
        accept(delivery);
      }
    }
    return true;
  }

  private void restore(CheckpointManifest manifest) {
    checkpoints.requireSameRun(manifest);
    Checkpoint checkpoint = store.load(manifest);
    Network saved =
        Network.load(
            manifest, Safetensors.read(ByteBuffer.wrap(checkpoint.weights())), session.device());
    try (saved) {
      saved
          .parameters()
          .forEach((name, value) -> value.copyTo(session.network().parameters().get(name)));
    }
    session.restoreOptimizer(Safetensors.read(ByteBuffer.wrap(checkpoint.optimizer())));
    position.restore(
        manifest.epoch(), manifest.step(), manifest.nextOffsets(), manifest.progress());
    checkpoints.restored(manifest);
    progress.restored(manifest);
  }

  private void accept(Delivery delivery) {
    Runnable action;
    try {
      action = decode(delivery);
    } catch (MalformedException e) {
      source.deadLetter(delivery, e.getMessage());
      telemetry.minibatchRejected(delivery.where(), e.getMessage());
      return;
    }
    action.run();
  }

  /** Reads all of a record before anything is done with it. */
  private Runnable decode(Delivery delivery) {
    return switch (position.judge(delivery, delivery.headers())) {
      case NEXT -> {
        int classes = stream.dataset().classes().size();
        Minibatch minibatch = MinibatchCodec.decode(delivery.value(), classes);
        yield () -> step(delivery, minibatch);
      }
      case EPOCH_END -> {
        EpochEnd end = Json.read(delivery.value(), EpochEnd.class);
        yield () -> endEpoch(delivery, end);
      }
      case REPEATED -> () -> telemetry.minibatchRepeated(delivery.where());
    };
  }

  private void step(Delivery delivery, Minibatch minibatch) {
    double rate = learningRate(position.step());
    progress.stepping();
    TrainingSession.Result result = session.train(minibatch, rate);
    if (!Double.isFinite(result.lossSum())) {
      throw new StreamException(
          "loss is %s at step %d (epoch %d, %s) with learning rate %s; the last good checkpoint is"
                  .formatted(
                      result.lossSum(), position.step(), position.epoch(), delivery.where(), rate)
              + " %s; start a new run with a smaller MILLRACE_TRAINER_LEARNING_RATE"
                  .formatted(checkpoints.newestId()));
    }
    position.trained(delivery, result);
    progress.stepped(result.images(), rate);
    boolean epochGoesOn = position.batches() < stream.batches(Split.TRAIN);
    if (epochGoesOn && position.step() % settings.checkpointEverySteps() == 0) {
      checkpoints.save(session, position, null);
    }
  }

  private double learningRate(long step) {
    return settings
        .schedule()
        .rate(settings.learningRate(), step, stream.batches(Split.TRAIN), settings.epochs());
  }

  private void endEpoch(Delivery delivery, EpochEnd end) {
    position.verifyEnd(delivery, end);
    Evaluation evaluation = Evaluation.of(session, validation);
    CheckpointMetrics metrics =
        new CheckpointMetrics(
            position.meanLoss(), position.accuracy(), evaluation.loss(), evaluation.accuracy());
    EpochMetrics epoch =
        progress.epochEnded(metrics, learningRate(position.step() - 1), position.nextOffsets());
    // Before the checkpoint: when that is there, resuming does not come here again.
    store.putDocument(
        settings.run(),
        EpochMetrics.path(position.epoch()),
        Json.prettyBytes(epoch),
        "application/json");
    checkpoints.save(session, position, metrics);
    progress.epochPublished();
    position.nextEpoch();
  }
}
