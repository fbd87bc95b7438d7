package dev.millrace.trainer.loop;

import dev.millrace.checkpoint.Checkpoint;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.checkpoint.RunRepair;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import dev.millrace.protocol.run.CheckpointManifest.Recipe;
import dev.millrace.protocol.stream.StreamDescription;
import dev.millrace.trainer.step.TrainingSession;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Saves checkpoints in the order that a kill at any point survives: files, manifest, best pointer,
 * offset commit, and only then the removal of old ones. All that is done on a thread of its own,
 * from a copy of the training thread's state, while that goes on with the next steps.
 */
final class CheckpointWriter implements AutoCloseable {
  private final TrainerSettings settings;
  private final StreamDescription stream;
  private final CheckpointStore store;
  private final MinibatchStream source;
  private final TrainerTelemetry telemetry;
  private final RunRepair repair;
  private final ProbeMaker probe;
  private final SavingThread saving = new SavingThread();
  private volatile String newestId = "none";
  private long lastStep;
  private long lastPlace;
  private Map<Integer, Long> committed;

  CheckpointWriter(
      TrainerSettings settings,
      StreamDescription stream,
      EvaluationSplit validation,
      CheckpointStore store,
      MinibatchStream source,
      TrainerTelemetry telemetry) {
    this.settings = settings;
    this.stream = stream;
    this.store = store;
    this.source = source;
    this.telemetry = telemetry;
    this.repair = new RunRepair(store, settings.run());
    this.probe = new ProbeMaker(validation.minibatches().get(0));
  }

  /**
   * @throws StreamException if the run's checkpoints were made with other settings or data
   */
  void requireSameRun(CheckpointManifest manifest) {
    requireSame("stream", manifest.stream(), stream.id());
    requireSame("architecture", manifest.architecture(), settings.architecture());
    Recipe asked = settings.recipe();
    boolean recorded = manifest.recipe().shards() != null;
    requireSame("recipe", manifest.recipe(), recorded ? asked : asked.withShards(null));
  }

  private void requireSame(String what, Object saved, Object asked) {
    if (!asked.equals(saved)) {
      throw new StreamException(
          "run %s has checkpoints with %s %s, but is to go on with %s; give it the old settings or"
                  .formatted(settings.run(), what, saved, asked)
              + " another MILLRACE_TRAINER_RUN");
    }
  }

  /**
   * Loads the checkpoint to go on from, as {@link RunRepair#newestWhole} finds it.
   *
   * @throws dev.millrace.checkpoint.CorruptCheckpointException if the run has checkpoints but no
   *     whole one
   */
  Optional<Checkpoint> newestWhole() {
    return repair.newestWhole();
  }

  /**
   * Completes what a kill right after the manifest was written may have left undone, and repairs
   * {@code best.json} if what it names was damaged from outside.
   */
  void restored(CheckpointManifest manifest) {
    newestId = manifest.id();
    lastStep = manifest.step();
    lastPlace = place(manifest.epoch(), manifest.progress().batches());
    committed = manifest.nextOffsets();
    repair.repairBest().ifPresent(telemetry::bestChanged);
    publish(manifest);
  }

  private long place(int epoch, int batches) {
    return (long) (epoch - 1) * stream.batches(Split.TRAIN) + batches;
  }

  /** Returns whether the run has a checkpoint, of this process or of one before. */
  boolean hasCheckpoint() {
    return lastStep > 0;
  }

  /**
   * @throws StreamException if the value shows that training diverged
   */
  void requireFinite(double value, String what, StreamPosition position, double learningRate) {
    if (!Double.isFinite(value)) {
      throw diverged("%s is %s".formatted(what, value), position, "learning rate " + learningRate);
    }
  }

  private StreamException diverged(String what, StreamPosition position, String how) {
    saving.await();
    return new StreamException(
        "%s at step %d (epoch %d, minibatch %d) with %s; the last finite checkpoint is %s; start a new run with a smaller MILLRACE_TRAINER_LEARNING_RATE"
            .formatted(what, position.step(), position.epoch(), position.batches(), how, newestId));
  }

  /** Throws what the last checkpoint failed with, if it has. */
  void requireNoFailure() {
    saving.requireNoFailure();
  }

  /** Saves in mid-epoch if there was a minibatch since the last checkpoint, and waits for it. */
  void saveUnsaved(TrainingSession session, StreamPosition position) {
    if (position.place() > lastPlace) {
      begin(session, position, null);
    }
    saving.await();
  }

  /**
   * Saves what was trained while no record comes. If nothing was, commits the offsets behind
   * records that were passed over without training: no restart needs them, and ingest counts them.
   */
  void saveIdle(TrainingSession session, StreamPosition position) {
    if (position.place() > lastPlace) {
      saveUnsaved(session, position);
    } else if (committed == null) {
      committed = position.nextOffsets();
    } else if (!position.nextOffsets().equals(committed)) {
      saving.await();
      committed = position.nextOffsets();
      source.commit(committed);
    }
  }

  /** Waits for the checkpoint that is being saved. */
  void awaitSaved() {
    saving.await();
  }

  /** Saves in mid-epoch beside the next steps, after the checkpoint before. */
  void save(TrainingSession session, StreamPosition position) {
    begin(session, position, null);
  }

  /** Saves at an epoch's end, and waits for it. */
  void saveEpoch(TrainingSession session, StreamPosition position, CheckpointMetrics metrics) {
    begin(session, position, metrics);
    saving.await();
  }

  /**
   * @param metrics of the epoch; null in mid-epoch
   */
  private void begin(TrainingSession session, StreamPosition position, CheckpointMetrics metrics) {
    long asked = System.nanoTime();
    if (!session.network().isFinite()) {
      throw diverged(
          "a weight is not finite", position, "base learning rate " + settings.learningRate());
    }
    saving.await();
    byte[] weights = session.network().weights();
    byte[] optimizer = session.optimizerState();
    CheckpointManifest manifest =
        new CheckpointManifest(
            CheckpointManifest.SCHEMA,
            CheckpointManifest.id(position.epoch(), position.step()),
            settings.run(),
            stream.id(),
            settings.architecture(),
            stream.dataset().name(),
            settings.recipe(),
            position.epoch(),
            position.step(),
            position.nextOffsets(),
            position.progress(metrics != null),
            metrics,
            stream.dataset().normalization(),
            stream.dataset().classes(),
            CheckpointStore.describe(CheckpointStore.WEIGHTS, weights),
            CheckpointStore.describe(CheckpointStore.OPTIMIZER, optimizer),
            probe.probe(session.network()),
            Instant.now());
    lastStep = manifest.step();
    lastPlace = position.place();
    committed = manifest.nextOffsets();
    saving.begin(
        telemetry.checkpointBegun(
            manifest, () -> write(new Checkpoint(manifest, weights, optimizer), asked)));
  }

  private void write(Checkpoint checkpoint, long asked) {
    CheckpointManifest manifest = checkpoint.manifest();
    store.save(checkpoint);
    newestId = manifest.id();
    telemetry.checkpointSaved(
        manifest,
        checkpoint.weights().length + checkpoint.optimizer().length,
        (System.nanoTime() - asked) / 1e9);
    publish(manifest);
  }

  private void publish(CheckpointManifest manifest) {
    if (manifest.metrics() != null) {
      offer(BestCheckpoint.of(manifest));
    }
    source.commit(manifest.nextOffsets());
    prune(manifest);
  }

  private void offer(BestCheckpoint candidate) {
    try {
      if (store.offerBest(candidate)) {
        telemetry.bestChanged(candidate);
      }
    } catch (MalformedException e) {
      // The candidate is in the store, so it is among those that the best is chosen from.
      repair.repairBest().ifPresent(telemetry::bestChanged);
    }
  }

  /**
   * Deletes old checkpoints. Those of later steps stay: they were found damaged when the run went
   * on from this one, and training comes to their steps again.
   */
  private void prune(CheckpointManifest newest) {
    String run = settings.run();
    store.finishDeletions(run);
    List<String> ids = store.checkpoints(run);
    int old = ids.indexOf(newest.id()) + 1 - settings.keepCheckpoints();
    Optional<String> best = best();
    ids.stream()
        .limit(Math.max(0, old))
        .filter(id -> !best.equals(Optional.of(id)))
        .forEach(id -> store.deleteUnlessPinned(run, id));
  }

  private Optional<String> best() {
    try {
      return store.best(settings.run()).map(BestCheckpoint::checkpoint);
    } catch (MalformedException e) {
      repair.repairBest().ifPresent(telemetry::bestChanged);
      return store.best(settings.run()).map(BestCheckpoint::checkpoint);
    }
  }

  /** Waits for the checkpoint that is being saved. */
  @Override
  public void close() {
    saving.close();
  }
}
