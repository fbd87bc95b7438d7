package dev.millrace.trainer.stream;

import dev.millrace.protocol.run.CheckpointManifest.EpochProgress;
import dev.millrace.protocol.stream.EpochDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A position between two steps, as a checkpoint stores it.
 *
 * @param place number of minibatches of the whole stream before this position
 * @param nextOffsets offset of the next record, by partition; if it was deleted, the offset that it
 *     had, so that a restart finds the loss again
 * @param readOffsets offset at which reading continues, by partition; ingest counts from there
 * @param digests digests of the epoch, by partition; some may still be computed
 */
public record TrainedPosition(
    int epoch,
    long step,
    long place,
    Map<Integer, Long> nextOffsets,
    Map<Integer, Long> readOffsets,
    EpochSums sums,
    List<CompletableFuture<EpochDigest>> digests) {

  TrainedPosition withReadOffset(int partition, long offset) {
    Map<Integer, Long> offsets = new HashMap<>(readOffsets);
    offsets.put(partition, offset);
    return new TrainedPosition(epoch, step, place, nextOffsets, Map.copyOf(offsets), sums, digests);
  }

  /** Waits for the digests and returns the progress of the epoch. */
  public EpochProgress progress(boolean complete) {
    return new EpochProgress(
        sums.batches(),
        sums.rejected(),
        sums.images(),
        sums.lossSum(),
        sums.correct(),
        digests.stream().map(digest -> digest.join().value()).toList(),
        complete);
  }
}
