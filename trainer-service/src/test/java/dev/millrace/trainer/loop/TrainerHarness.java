package dev.millrace.trainer.loop;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.protocol.run.EpochMetrics.Speed;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.ResendRequest;
import dev.millrace.store.InMemoryObjectStore;
import dev.millrace.store.ObjectStore;
import dev.millrace.trainer.loop.TrainerSettings.OnMalformed;
import dev.millrace.trainer.optimizer.Schedule;
import dev.millrace.trainer.step.ComputeDevice;
import dev.millrace.trainer.stream.EvaluationSplit;
import dev.millrace.trainer.stream.MinibatchStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * A run whose process can be killed, as by SIGKILL, at each of its external effects: reading a
 * record, writing to the store, committing offsets. A kill loses the state in memory. The stream
 * and the store are kept. The harness runs one process of the run after another.
 */
public final class TrainerHarness implements MinibatchStream, TrainerTelemetry {
  public static final int EPOCHS = 2;

  /** Thrown when the process is killed. */
  static final class Killed extends RuntimeException {
    Killed() {
      super("killed");
    }
  }

  public final InMemoryObjectStore objects = new InMemoryObjectStore();
  public final CheckpointStore store = new CheckpointStore(objects);
  final List<String> deadLetters = new ArrayList<>();
  final List<String> repeated = new ArrayList<>();
  final List<Map<Integer, Long>> commits = new ArrayList<>();
  final List<TrainingEvent> events = new ArrayList<>();

  final List<ResendRequest> requests = new ArrayList<>();

  /** Offsets at which, the first time, no record arrives for a while. */
  final Set<Long> idleAt = new HashSet<>();

  /** The first offset that is not deleted, by partition. */
  final Map<Integer, Long> begins = new HashMap<>();

  /** Called with the offset of each record before it is read. */
  LongConsumer beforeRead = offset -> {};

  /** Offset at which a process is asked to stop. */
  long stopAt = Long.MAX_VALUE;

  /** Total number of steps of all processes. */
  volatile int steps;

  /** Learning rate and number of images of each step. */
  final List<Double> rates = new ArrayList<>();

  final List<Integer> images = new ArrayList<>();

  /** Called with the key before an object is written. */
  Consumer<String> beforePut = key -> {};

  private final List<Delivery> records;
  private final TrainerSettings settings;
  private final EvaluationSplit validation;
  private final Map<Integer, Long> at = new HashMap<>();
  private int effectsLeft = Integer.MAX_VALUE;
  private int effects;
  private boolean dead;

  public TrainerHarness(PublishedStream stream) {
    this(stream, OnMalformed.STOP, 0.01);
  }

  public TrainerHarness(PublishedStream stream, OnMalformed onMalformed, double learningRate) {
    this(stream, settings(learningRate, onMalformed));
  }

  TrainerHarness(PublishedStream stream, int recordsPerStep) {
    this(stream, settings(0.01, OnMalformed.STOP, recordsPerStep));
  }

  TrainerHarness(PublishedStream stream, TrainerSettings settings) {
    records = stream.records;
    validation = stream.evaluation(Split.VALIDATION);
    this.settings = settings;
  }

  public static TrainerSettings settings(double learningRate, OnMalformed onMalformed) {
    return settings(learningRate, onMalformed, 1);
  }

  static TrainerSettings settings(
      double learningRate, OnMalformed onMalformed, int recordsPerStep) {
    return new TrainerSettings(
        "r",
        "tinyimagenet",
        EPOCHS,
        7,
        new TrainerSettings.Sgd(learningRate, 0.9, 5e-4, Schedule.ONE_CYCLE),
        4,
        recordsPerStep,
        new TrainerSettings.Checkpoints(2, 2),
        onMalformed);
  }

  public TrainerSettings settings() {
    return settings;
  }

  /**
   * Runs one process.
   *
   * @return whether the run is complete
   */
  public boolean runProcess() {
    return runProcess(settings);
  }

  public boolean runProcess(TrainerSettings other) {
    dead = false;
    CheckpointStore mortal = new CheckpointStore(new MortalStore());
    ComputeDevice device = ComputeDevice.choose(ComputeDevice.Choice.CPU);
    return new TrainingLoop(other, device, this, validation, mortal, this).run();
  }

  /** Kills the next process immediately before its n-th effect. */
  TrainerHarness killAt(int effect) {
    effectsLeft = effect;
    return this;
  }

  /** Returns the number of effects of the last process. */
  int effects() {
    return effects;
  }

  /** Counts an effect, or kills the process: both the training thread and the saving thread end. */
  private synchronized void effect() {
    if (!dead) {
      effects++;
      dead = --effectsLeft < 0;
    }
    if (dead) {
      effectsLeft = Integer.MAX_VALUE;
      throw new Killed();
    }
  }

  /** Returns the hash of the weights of the last checkpoint. */
  String weights() {
    return store.newest("r").orElseThrow().weights().sha256();
  }

  /** Returns the metrics of all epochs, without the values that depend on the clock. */
  List<EpochMetrics> metrics() {
    return store.documents("r", "metrics/").stream()
        .map(path -> Json.read(store.document("r", path).orElseThrow(), EpochMetrics.class))
        .map(TrainerHarness::withoutTimes)
        .toList();
  }

  private static EpochMetrics withoutTimes(EpochMetrics m) {
    CheckpointMetrics results =
        new CheckpointMetrics(
            m.trainLoss(), m.trainAccuracy(), m.validationLoss(), m.validationAccuracy());
    Speed speed = new Speed(m.learningRate(), 0, 0);
    return EpochMetrics.of(m.epoch(), m.step(), results, speed, m.rejected(), m.nextOffsets());
  }

  @Override
  public void seek(Map<Integer, Long> nextOffsets) {
    at.clear();
    at.putAll(nextOffsets);
  }

  @Override
  public boolean await(int partition, Duration patience) {
    long offset = at.getOrDefault(partition, 0L);
    if (offset < begins.getOrDefault(partition, 0L)) {
      return false;
    }
    // The first check and the first wait find no record.
    return patience.isZero() ? !idleAt.contains(offset) : !idleAt.remove(offset);
  }

  @Override
  public OptionalLong lostBefore(int partition) {
    long begin = begins.getOrDefault(partition, 0L);
    if (at.getOrDefault(partition, 0L) >= begin) {
      return OptionalLong.empty();
    }
    at.put(partition, begin);
    return OptionalLong.of(begin);
  }

  /** Publishes all records from that position on again, in a new generation, as ingest does. */
  @Override
  public void requestResend(int partition, ResendRequest lost, boolean resumed) {
    effect();
    requests.add(lost);
    List<Delivery> first =
        records.stream().filter(record -> record.headers().generation() == 0).toList();
    for (Delivery record : first) {
      MinibatchHeaders place = record.headers();
      boolean before =
          place.epoch() < lost.epoch()
              || place.epoch() == lost.epoch() && place.batch() < lost.batch();
      if (record.partition() == partition && !before) {
        MinibatchHeaders again =
            new MinibatchHeaders(
                place.stream(),
                place.split(),
                place.epoch(),
                place.batch(),
                place.kind(),
                requests.size());
        long end = records.stream().filter(r -> r.partition() == partition).count();
        records.add(
            new Delivery(record.topic(), partition, end, again.toMap()::get, record.value()));
      }
    }
  }

  @Override
  public Delivery next(int partition) {
    effect();
    long offset = at.getOrDefault(partition, 0L);
    if (offset >= stopAt) {
      return null;
    }
    beforeRead.accept(offset);
    at.put(partition, offset + 1);
    return records.stream()
        .filter(record -> record.partition() == partition && record.offset() == offset)
        .findFirst()
        .orElse(null);
  }

  @Override
  public void commit(Map<Integer, Long> nextOffsets) {
    effect();
    commits.add(nextOffsets);
  }

  @Override
  public void deadLetter(Delivery delivery, String reason) {
    deadLetters.add(delivery.where() + ": " + reason);
  }

  @Override
  public void event(TrainingEvent event) {
    events.add(event);
  }

  @Override
  public void stepCompleted(CompletedStep step) {
    steps++;
    rates.add(step.learningRate());
    images.add(step.images());
  }

  @Override
  public void minibatchRepeated(String where) {
    repeated.add(where);
  }

  /** The store as seen by a process that can be killed. */
  private final class MortalStore implements ObjectStore {
    @Override
    public void put(String key, byte[] content, String contentType) {
      effect();
      beforePut.accept(key);
      objects.put(key, content, contentType);
    }

    @Override
    public boolean putIfUnchanged(
        String key, byte[] content, String contentType, Optional<String> expected) {
      effect();
      return objects.putIfUnchanged(key, content, contentType, expected);
    }

    @Override
    public Optional<StoredObject> get(String key) {
      return objects.get(key);
    }

    @Override
    public List<String> keys(String prefix) {
      return objects.keys(prefix);
    }

    @Override
    public List<String> folders(String prefix) {
      return objects.folders(prefix);
    }

    @Override
    public void delete(String key) {
      effect();
      objects.delete(key);
    }
  }
}
