package dev.millrace.trainer.stream;

import static java.util.concurrent.CompletableFuture.completedFuture;

import dev.millrace.protocol.Split;
import dev.millrace.protocol.run.CheckpointManifest.EpochProgress;
import dev.millrace.protocol.stream.EpochDigest;
import dev.millrace.protocol.stream.EpochEnd;
import dev.millrace.protocol.stream.MinibatchHeaders;
import dev.millrace.protocol.stream.MinibatchHeaders.Kind;
import dev.millrace.protocol.stream.ResendRequest;
import dev.millrace.protocol.stream.StreamDescription;
import dev.millrace.trainer.step.TrainingSession;
import dev.millrace.trainer.stream.MinibatchStream.Delivery;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * The position of training in the stream, and the running sums of the epoch. Classifies each
 * record: it is the next one, or was seen before, or shows that the stream is broken. Within a step
 * of several records, the position is ahead of {@link #trained()}, from which a restart continues.
 */
public final class StreamPosition {
  /** The kind of a record, as seen from the current position. */
  public enum RecordKind {
    NEXT,
    EPOCH_END,
    /** A record that was trained before, or was published before ingest went back. */
    REPEATED,
    /** A record that follows lost records; like them, it will be published again. */
    TOO_EARLY
  }

  private final StreamDescription stream;
  private final String streamId;

  /** The offset at which reading continues, by partition. */
  private final Map<Integer, Long> readOffsets = new TreeMap<>();

  private final int recordsPerStep;
  private int epoch;
  private long step;
  private EpochSums sums = EpochSums.ZERO;

  /** The position before the current step; null between two steps. */
  private TrainedPosition beforeStep;

  /**
   * Digests by partition. They are computed in parallel with the steps, each after the previous
   * one.
   */
  private final List<CompletableFuture<EpochDigest>> digests = new ArrayList<>();

  private final Map<Integer, Long> afterEnds = new TreeMap<>();

  /**
   * The partitions whose next record was deleted, each with the offset that the record had. Ingest
   * was asked to publish it again.
   */
  private final Map<Integer, Long> lost = new HashMap<>();

  /** The highest generation read so far, by partition. */
  private final Map<Integer, Integer> generations = new HashMap<>();

  /**
   * Creates the position before the first record.
   *
   * @param recordsPerStep minibatches of a step; the last step of an epoch may have fewer
   */
  public StreamPosition(StreamDescription stream, int recordsPerStep) {
    this.stream = stream;
    this.recordsPerStep = recordsPerStep;
    this.streamId = stream.id();
    for (int partition = 0; partition < stream.partitions(); partition++) {
      readOffsets.put(partition, 0L);
    }
    beginEpoch(1);
  }

  /**
   * Resumes after a checkpoint: within its epoch, or at the next epoch if its epoch was complete.
   */
  public void restore(
      int epoch, long step, Map<Integer, Long> nextOffsets, EpochProgress progress) {
    this.step = step;
    readOffsets.putAll(nextOffsets);
    if (progress.complete()) {
      beginEpoch(epoch + 1);
      return;
    }
    this.epoch = epoch;
    sums =
        new EpochSums(
            progress.batches(),
            progress.rejected(),
            progress.images(),
            progress.lossSum(),
            progress.correct());
    digests.clear();
    progress.digests().forEach(digest -> digests.add(completedFuture(new EpochDigest(digest))));
  }

  private void beginEpoch(int next) {
    epoch = next;
    sums = EpochSums.ZERO;
    afterEnds.clear();
    EpochDigest begin = EpochDigest.begin(streamId, Split.TRAIN, next);
    digests.clear();
    digests.addAll(Collections.nCopies(stream.partitions(), completedFuture(begin)));
  }

  /** Returns the partition of the next record. */
  public int partition() {
    boolean minibatchesLeft = sums.batches() < stream.batches(Split.TRAIN);
    return minibatchesLeft ? stream.partition(sums.batches()) : afterEnds.size();
  }

  /**
   * Classifies a record.
   *
   * @throws StreamException if the record belongs to another stream, or a record before it is
   *     missing
   */
  public RecordKind classify(Delivery delivery, MinibatchHeaders found) {
    if (!found.stream().equals(streamId) || found.split() != Split.TRAIN) {
      throw new StreamException(
          "%s belongs to stream %s, split %s; this run trains on stream %s, split train. Ingest was"
                  .formatted(delivery.where(), found.stream(), found.split().wireName(), streamId)
              + " started with other settings; start it with those of this run, or use other topics");
    }
    boolean end = found.kind() == Kind.EPOCH_END;
    boolean seen =
        found.epoch() < epoch || found.epoch() == epoch && !end && found.batch() < sums.batches();
    if (seen || isOutdated(delivery.partition(), found.generation())) {
      advance(delivery);
      return RecordKind.REPEATED;
    }
    int expectedBatch = end ? stream.batches(Split.TRAIN) : sums.batches();
    boolean endExpected = sums.batches() == stream.batches(Split.TRAIN);
    if (found.epoch() != epoch || found.batch() != expectedBatch || end != endExpected) {
      if (isLost(delivery.partition())) {
        advance(delivery);
        return RecordKind.TOO_EARLY;
      }
      throw new StreamException(
          "%s is %s; expected %s of epoch %d. Records in between are missing, so the run cannot continue"
                  .formatted(
                      delivery.where(),
                      describe(found),
                      endExpected ? "the end" : "minibatch " + sums.batches(),
                      epoch)
              + "; start a new run");
    }
    lost.remove(delivery.partition());
    return end ? RecordKind.EPOCH_END : RecordKind.NEXT;
  }

  /**
   * Returns whether a record has an older generation than an earlier record of its partition. An
   * ingest process that hung while another one went back may still publish such records.
   */
  private boolean isOutdated(int partition, int generation) {
    return generation < generations.merge(partition, generation, Math::max);
  }

  /**
   * Notes that records of a partition were deleted before they were read. Reading continues at an
   * offset, and records are skipped until the next record of the run is published again.
   *
   * @return the request for ingest to publish the lost records again
   */
  public ResendRequest markLost(int partition, long from) {
    lost.putIfAbsent(partition, readOffsets.get(partition));
    readOffsets.put(partition, from);
    if (beforeStep != null) {
      beforeStep = beforeStep.withReadOffset(partition, from);
    }
    int end = stream.batches(Split.TRAIN);
    int next = sums.batches();
    while (next < end && stream.partition(next) != partition) {
      next++;
    }
    return new ResendRequest(epoch, next, from);
  }

  /** Returns whether the next record of the partition is lost and was not read again yet. */
  public boolean isLost(int partition) {
    return lost.containsKey(partition);
  }

  /** Describes the next record for messages. */
  public String describeNext() {
    return sums.batches() == stream.batches(Split.TRAIN)
        ? "the end of epoch " + epoch
        : "minibatch %d of epoch %d".formatted(sums.batches(), epoch);
  }

  private static String describe(MinibatchHeaders found) {
    return found.kind() == Kind.EPOCH_END
        ? "the end of epoch " + found.epoch()
        : "minibatch %d of epoch %d".formatted(found.batch(), found.epoch());
  }

  /** Takes the next minibatch into the current step. */
  public void accept(Delivery delivery) {
    beginStep();
    addToDigest(delivery);
    advance(delivery);
  }

  /**
   * Skips the next minibatch, which leaves its place in the current step empty. The digest includes
   * its bytes, because they were published. So the epoch-end still proves that nothing else was
   * altered.
   */
  public void skipMinibatch(Delivery delivery) {
    beginStep();
    addToDigest(delivery);
    skipRecord(delivery);
  }

  /** Skips a record that is not part of the stream's order. */
  public void skipRecord(Delivery delivery) {
    sums = sums.withRejected();
    advance(delivery);
  }

  private void beginStep() {
    if (beforeStep == null) {
      beforeStep = current();
    }
  }

  private void addToDigest(Delivery delivery) {
    sums = sums.withBatch();
    digests.set(
        delivery.partition(),
        digests.get(delivery.partition()).thenApplyAsync(digest -> digest.add(delivery.value())));
  }

  /** Returns whether the current step has all its records, as far as the epoch has them. */
  public boolean isStepComplete() {
    return beforeStep != null
        && (sums.batches() % recordsPerStep == 0 || sums.batches() == stream.batches(Split.TRAIN));
  }

  /** Ends the current step, which trained the accepted minibatches. */
  public void endStep(TrainingSession.Result result) {
    step++;
    sums = sums.withStep(result);
    beforeStep = null;
  }

  /** Ends the current step, all of whose minibatches were skipped. */
  public void skipStep() {
    beforeStep = null;
  }

  /** Returns the position after the last step that has ended. */
  public TrainedPosition trained() {
    return beforeStep == null ? current() : beforeStep;
  }

  private TrainedPosition current() {
    Map<Integer, Long> nextOffsets = new HashMap<>(readOffsets);
    nextOffsets.putAll(lost);
    return new TrainedPosition(
        epoch,
        step,
        place(),
        Map.copyOf(nextOffsets),
        Map.copyOf(readOffsets),
        sums,
        List.copyOf(digests));
  }

  /**
   * Processes the end of the epoch on the current partition. The offsets move past all ends
   * together, so a checkpoint lies before all of them or after all of them.
   *
   * @return whether it was the last one
   * @throws StreamException if the records read differ from those that the epoch-end describes
   */
  public boolean endPartition(Delivery delivery, EpochEnd end) {
    int partition = delivery.partition();
    EpochEnd read =
        EpochEnd.of(stream, Split.TRAIN, epoch, partition, digests.get(partition).join());
    if (!end.equals(read)) {
      throw new StreamException(
          "%s ends epoch %d with %d minibatches, %d images, digest %s; found %d, %d, %s. The"
                  .formatted(
                      delivery.where(),
                      epoch,
                      end.batches(),
                      end.images(),
                      end.digest(),
                      read.batches(),
                      read.images(),
                      read.digest())
              + " stream was altered; start a new run");
    }
    afterEnds.put(partition, delivery.offset() + 1);
    boolean last = afterEnds.size() == stream.partitions();
    if (last) {
      readOffsets.putAll(afterEnds);
    }
    return last;
  }

  public void beginNextEpoch() {
    beginEpoch(epoch + 1);
  }

  private void advance(Delivery delivery) {
    readOffsets.put(delivery.partition(), delivery.offset() + 1);
  }

  public int epoch() {
    return epoch;
  }

  public long step() {
    return step;
  }

  /** Returns the sums of the epoch. */
  public EpochSums sums() {
    return sums;
  }

  /** Returns the number of minibatches of the whole stream before the next one. */
  private long place() {
    return (long) (epoch - 1) * stream.batches(Split.TRAIN) + sums.batches();
  }

  /**
   * Returns the index, from 0, of the step of the last minibatch among all steps of the stream,
   * which determines the learning rate. Steps that were skipped count too.
   */
  public long globalStep() {
    return (epoch - 1) * stepsPerEpoch() + (sums.batches() - 1) / recordsPerStep;
  }

  /** Returns the number of steps of an epoch. */
  public long stepsPerEpoch() {
    return (stream.batches(Split.TRAIN) + recordsPerStep - 1) / recordsPerStep;
  }
}
