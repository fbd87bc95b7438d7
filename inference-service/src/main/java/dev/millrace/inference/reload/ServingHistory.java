package dev.millrace.inference.reload;

import dev.millrace.protocol.run.CheckpointManifest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * The checkpoints that served before, for going back to them. The trainer may have deleted the last
 * one by then, so its weights are kept here; those of older ones must come from the store. Used by
 * one thread at a time.
 */
final class ServingHistory {
  private static final int KEPT = 10;

  /**
   * @param weights empty for all but the newest that served before
   */
  record Served(CheckpointManifest checkpoint, Optional<byte[]> weights) {
    private Served withoutWeights() {
      return new Served(checkpoint, Optional.empty());
    }
  }

  private final Deque<Served> before = new ArrayDeque<>();
  private Served now;

  /** A checkpoint took over. */
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

  /** What served before the present one. */
  Optional<Served> previous() {
    return Optional.ofNullable(before.peek());
  }

  /** The previous checkpoint took over again. */
  void recordRollback(byte[] weights) {
    now = new Served(before.pop().checkpoint, Optional.of(weights));
  }
}
