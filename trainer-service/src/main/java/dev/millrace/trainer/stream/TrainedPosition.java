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
 * @param nextOffsets offset of the next record, by partition
 * @param digests digests of the epoch, by partition; some may still be computed
 */
public record TrainedPosition(
    int epoch,
    long step,
    long place,
    Map<Integer, Long> nextOffsets,
    EpochSums sums,
    List<CompletableFuture<EpochDigest>> digests) {

  public TrainedPosition withNextOffset(int partition, long offset) {
    Map<Integer, Long> offsets = new HashMap<>(nextOffsets);
    offsets.put(partition, offset);
    return new TrainedPosition(epoch, step, place, Map.copyOf(offsets), sums, digests);
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
