package dev.millrace.inference.reload;

import dev.millrace.protocol.run.CheckpointManifest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * The previously served checkpoints, for rollbacks. The weights of the newest one are kept in
 * memory, since the trainer may have deleted it; older ones are fetched from the store. Not
 * thread-safe.
 */
final class ServingHistory {
  private static final int KEPT = 10;

  /**
   * A checkpoint that served.
   *
   * @param weights empty for all but the newest
   */
  record Served(CheckpointManifest checkpoint, Optional<byte[]> weights) {
    private Served withoutWeights() {
      return new Served(checkpoint, Optional.empty());
    }
  }

  private final Deque<Served> before = new ArrayDeque<>();
  private Served now;

  /** Records that a checkpoint was swapped in. */
  void record(CheckpointManifest checkpoint, byte[] weights) {
    if (now != null) {
      if (!before.isEmpty()) {
        before.push(before.pop().withoutWeights());
      }
      before.push(now);
      if (before.size() > KEPT) {
        before.removeLast();
      }
    }
    now = new Served(checkpoint, Optional.of(weights));
  }

  /** Returns the checkpoint that served before the current one. */
  Optional<Served> previous() {
    return Optional.ofNullable(before.peek());
  }

  /** Records that the previous checkpoint was swapped in again. */
  void recordRollback(byte[] weights) {
    now = new Served(before.pop().checkpoint, Optional.of(weights));
  }
}
