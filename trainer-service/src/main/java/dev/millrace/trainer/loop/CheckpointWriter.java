package dev.millrace.trainer.loop;

import dev.millrace.checkpoint.Checkpoint;
import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.checkpoint.RunRepair;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import dev.millrace.protocol.run.CheckpointManifest.Recipe;
import dev.millrace.protocol.run.CheckpointManifest.StoredFile;
import dev.millrace.protocol.stream.StreamDescription;
import dev.millrace.trainer.step.TrainingSession;
import dev.millrace.trainer.stream.EvaluationSplit;
import dev.millrace.trainer.stream.MinibatchStream;
import dev.millrace.trainer.stream.StreamException;
import dev.millrace.trainer.stream.StreamPosition;
import dev.millrace.trainer.stream.TrainedPosition;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Decides what belongs to a checkpoint and when it is saved. A separate thread saves a copy of the
 * state, in the order of {@link CheckpointSaver}, while the training thread continues with the next
 * steps.
 */
final class CheckpointWriter implements AutoCloseable {
  private final TrainerSettings settings;
  private final StreamDescription stream;
  private final MinibatchStream source;
  private final TrainerTelemetry telemetry;
  private final RunRepair repair;
  private final CheckpointSaver saver;
  private final ProbeMaker probe;
  private final SavingThread saving = new SavingThread();
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
    this.source = source;
    this.telemetry = telemetry;
    this.repair = new RunRepair(store, settings.run());
    this.saver = new CheckpointSaver(settings, store, source, telemetry);
    this.probe = new ProbeMaker(validation.minibatches().get(0));
  }

  /**
   * Checks that a checkpoint belongs to this run.
   *
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
          "run %s has checkpoints with %s %s, but the settings ask for %s; use the old settings, or set"
                  .formatted(settings.run(), what, saved, asked)
              + " another MILLRACE_TRAINER_RUN");
    }
  }

  /**
   * Loads the checkpoint to resume from, as {@link RunRepair#newestIntact} finds it.
   *
   * @throws dev.millrace.checkpoint.CorruptCheckpointException if the run has checkpoints but all
   *     of them are damaged
   */
  Optional<Checkpoint> newestIntact() {
    return repair.newestIntact();
  }

  /**
   * Completes the work that a kill right after the write of the manifest may have left undone. Also
   * repairs {@code best.json} if the checkpoint that it names was damaged.
   */
  void restore(CheckpointManifest manifest) {
    lastStep = manifest.step();
    lastPlace = place(manifest.epoch(), manifest.progress().batches());
    committed = manifest.nextOffsets();
    saver.resume(manifest);
  }

  private long place(int epoch, int batches) {
    return (long) (epoch - 1) * stream.batches(Split.TRAIN) + batches;
  }

  /** Returns whether the run has a checkpoint, made by this process or an earlier one. */
  boolean hasCheckpoint() {
    return lastStep > 0;
  }

  /**
   * Checks that a value is finite.
   *
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
            .formatted(
                what,
                position.step(),
                position.epoch(),
                position.sums().batches(),
                how,
                saver.newestId()));
  }

  /** Throws the exception of the last checkpoint if its save has failed. */
  void requireNoFailure() {
    saving.requireNoFailure();
  }

  /**
   * Saves a checkpoint within the epoch if a step was trained since the last one, and waits until
   * it is saved.
   */
  void saveUnsaved(TrainingSession session, StreamPosition position) {
    if (position.trained().place() > lastPlace) {
      begin(session, position, null);
    }
    saving.await();
  }

  /**
   * Saves a checkpoint while no record arrives, if a step was trained since the last one. Otherwise
   * commits the offsets after records that were skipped without training: no restart needs these
   * records, and ingest counts them until they are committed.
   */
  void saveIdle(TrainingSession session, StreamPosition position) {
    if (position.trained().place() > lastPlace) {
      saveUnsaved(session, position);
    } else if (committed == null) {
      committed = position.trained().readOffsets();
    } else if (!position.trained().readOffsets().equals(committed)) {
      saving.await();
      committed = position.trained().readOffsets();
      source.commit(committed);
    }
  }

  /** Waits for the checkpoint that is being saved. */
  void awaitSaved() {
    saving.await();
  }

  /**
   * Begins to save a checkpoint within the epoch, in parallel with the next steps. Waits for the
   * previous checkpoint first.
   */
  void save(TrainingSession session, StreamPosition position) {
    begin(session, position, null);
  }

  /** Saves the checkpoint at the end of an epoch and waits until it is saved. */
  void saveEpoch(TrainingSession session, StreamPosition position, CheckpointMetrics metrics) {
    begin(session, position, metrics);
    saving.await();
  }

  /**
   * Begins to save a checkpoint.
   *
   * @param metrics the metrics of the epoch; null within an epoch
   */
  private void begin(TrainingSession session, StreamPosition position, CheckpointMetrics metrics) {
    long asked = System.nanoTime();
    if (!session.network().isFinite()) {
      throw diverged(
          "a weight is not finite",
          position,
          "base learning rate " + settings.sgd().learningRate());
    }
    saving.await();
    byte[] weights = session.network().weights();
    byte[] optimizer = session.optimizerState();
    TrainedPosition trained = position.trained();
    CheckpointManifest manifest =
        CheckpointManifest.builder(settings.run(), trained.epoch(), trained.step()).stream(
                stream.id())
            .architecture(settings.architecture())
            .dataset(stream.dataset().name())
            .recipe(settings.recipe())
            .nextOffsets(trained.nextOffsets())
            .progress(trained.progress(metrics != null))
            .metrics(metrics)
            .normalization(stream.dataset().normalization())
            .classes(stream.dataset().classes())
            .files(
                StoredFile.of(CheckpointStore.WEIGHTS, weights),
                StoredFile.of(CheckpointStore.OPTIMIZER, optimizer))
            .probe(probe.probe(session.network()))
            .created(Instant.now())
            .build();
    lastStep = manifest.step();
    lastPlace = trained.place();
    committed = trained.readOffsets();
    Checkpoint checkpoint = new Checkpoint(manifest, weights, optimizer);
    saving.begin(
        telemetry.checkpointBegun(
            manifest, () -> saver.save(checkpoint, trained.readOffsets(), asked)));
  }

  /** Waits for the checkpoint that is being saved. */
  @Override
  public void close() {
    saving.close();
  }
}
