package dev.millrace.inference.reload;

import dev.millrace.inference.reload.ReloadState.Refused;
import dev.millrace.protocol.run.CheckpointManifest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The checkpoints that were refused, so that the same is not fetched and refused again and again.
 * One thread at a time changes it; any may ask for {@link #all}.
 */
final class Refusals {
  private static final int KEPT = 100;

  /**
   * @param manifest hash of the manifest that was refused; empty if that was missing or unreadable
   * @param lasting whether only another manifest can change it
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

  /** Oldest first. */
  List<Refused> all() {
    return all;
  }

  /** Whether the checkpoint was refused for what it is, and is still that. */
  boolean isRefused(String run, String checkpoint, Optional<CheckpointManifest> manifest) {
    Refusal earlier = refusals.get(key(run, checkpoint));
    return earlier != null
        && earlier.lasting
        && earlier.manifest.equals(manifest.map(ReloadState::hash));
  }

  /** Whether it is what was refused last, and for the same reason. */
  boolean isRepeated(ReloadState state, String run, String checkpoint, String reason) {
    return state instanceof Refused last
        && last.run().equals(run)
        && last.checkpoint().equals(checkpoint)
        && last.reason().equals(reason);
  }

  /** For what the checkpoint is. */
  void remember(Refused refused, Optional<CheckpointManifest> manifest) {
    put(new Refusal(manifest.map(ReloadState::hash), refused, true));
  }

  /** For how the checkpoint compares with the one that serves. */
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
