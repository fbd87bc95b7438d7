package dev.millrace.inference.reload;

import dev.millrace.inference.reload.ReloadState.Refused;
import dev.millrace.protocol.run.CheckpointManifest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Remembers refused checkpoints, so that each is fetched only once. One thread at a time changes
 * it; any thread may call {@link #all}.
 */
final class Refusals {
  private static final int KEPT = 100;

  /**
   * A remembered refusal.
   *
   * @param manifest hash of the refused manifest; empty if it was missing or unreadable
   * @param lasting whether it holds until the manifest changes
   */
  private record Refusal(Optional<String> manifest, Refused state, boolean lasting) {}

  private final Map<String, Refusal> refusals =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Refusal> eldest) {
          return size() > KEPT;
        }
      };
  private volatile List<Refused> all = List.of();

  /** Returns all refusals, oldest first. */
  List<Refused> all() {
    return all;
  }

  /** Returns whether a checkpoint with this manifest was refused. */
  boolean isRefused(String run, String checkpoint, Optional<CheckpointManifest> manifest) {
    Refusal earlier = refusals.get(key(run, checkpoint));
    return earlier != null
        && earlier.lasting
        && earlier.manifest.equals(manifest.map(ReloadState::hash));
  }

  /** Returns whether the last refusal was of this checkpoint and for this reason. */
  boolean isRepeated(ReloadState state, String run, String checkpoint, String reason) {
    return state instanceof Refused last
        && last.run().equals(run)
        && last.checkpoint().equals(checkpoint)
        && last.reason().equals(reason);
  }

  /** Remembers a refusal until the manifest changes. */
  void remember(Refused refused, Optional<CheckpointManifest> manifest) {
    put(new Refusal(manifest.map(ReloadState::hash), refused, true));
  }

  /** Remembers a refusal by comparison with the served checkpoint, which may change. */
  void rememberComparison(Refused refused) {
    put(new Refusal(Optional.empty(), refused, false));
  }

  void forget(String run, String checkpoint) {
    refusals.remove(key(run, checkpoint));
    copy();
  }

  private void put(Refusal refusal) {
    String key = key(refusal.state.run(), refusal.state.checkpoint());
    refusals.remove(key);
    refusals.put(key, refusal);
    copy();
  }

  private void copy() {
    all = refusals.values().stream().map(Refusal::state).toList();
  }

  private static String key(String run, String checkpoint) {
    return run + "/" + checkpoint;
  }
}
