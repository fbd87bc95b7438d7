package dev.millrace.inference.run;

import dev.millrace.inference.selection.RunSelector;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.run.TrainingEvent.Type;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tracks the runs that have failed and have not resumed. If any run may be shown, progress of a
 * later run also clears a failure; in a sweep it does not. Thread-safe.
 */
public final class FailedRuns {
  private static final int KEPT = 256;

  /**
   * The state of a run.
   *
   * @param begun when its first event arrived
   * @param failed when it failed; null if it did not
   */
  private record State(Instant begun, Instant failed) {}

  private final RunSelector shown;
  private final Map<String, State> runs =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, State> eldest) {
          return size() > KEPT;
        }
      };

  public FailedRuns(RunSelector shown) {
    this.shown = shown;
  }

  /**
   * Processes an event.
   *
   * @param event an event of a run
   * @return whether {@link #all} has changed
   */
  public synchronized boolean add(TrainingEvent event) {
    if (!shown.includes(event.run())) {
      return false;
    }
    Map<String, Boolean> before = all();
    State known = runs.get(event.run());
    Instant begun = known == null ? event.time() : known.begun;
    runs.put(event.run(), new State(begun, event.type() == Type.FAILED ? event.time() : null));
    if (!shown.isSweep()) {
      runs.replaceAll(
          (run, state) ->
              state.failed != null && state.failed.isBefore(begun)
                  ? new State(state.begun, null)
                  : state);
    }
    return !before.equals(all());
  }

  /** Returns by run whether it has failed. */
  public synchronized Map<String, Boolean> all() {
    Map<String, Boolean> all = new LinkedHashMap<>();
    runs.forEach((run, state) -> all.put(run, state.failed != null));
    return all;
  }
}
