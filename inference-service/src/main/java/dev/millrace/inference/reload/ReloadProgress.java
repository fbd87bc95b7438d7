package dev.millrace.inference.reload;

import dev.millrace.inference.reload.ReloadState.Refused;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.inference.reload.ReloadState.Verifying;
import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Clock;
import java.util.Collection;
import java.util.Optional;

/**
 * The state of reloading and the refused checkpoints. Reports every change. One thread at a time
 * changes it; any thread may call {@link #state} and {@link #refused}.
 */
final class ReloadProgress {
  private final Clock clock;
  private final ReloadTelemetry telemetry;
  private final Refusals refusals = new Refusals();
  private volatile ReloadState state = new ReloadState.Empty();

  ReloadProgress(Clock clock, ReloadTelemetry telemetry) {
    this.clock = clock;
    this.telemetry = telemetry;
  }

  ReloadState state() {
    return state;
  }

  /** Returns the refused checkpoints, oldest first. */
  Collection<Refused> refused() {
    return refusals.all();
  }

  /** Returns whether the checkpoint is served. True also if it was deleted since. */
  boolean isServed(String run, String checkpoint, Optional<CheckpointManifest> manifest) {
    return state
        .serving()
        .filter(
            serving -> manifest.map(serving::is).orElseGet(() -> serving.isNamed(run, checkpoint)))
        .isPresent();
  }

  /** Returns whether a checkpoint with this manifest was refused. */
  boolean isRefused(String run, String checkpoint, Optional<CheckpointManifest> manifest) {
    return refusals.isRefused(run, checkpoint, manifest);
  }

  /** Returns whether the last refusal was of this checkpoint and for this reason. */
  boolean isRepeatedRefusal(String run, String checkpoint, String reason) {
    return refusals.isRepeated(state, run, checkpoint, reason);
  }

  Verifying verifying(String run, String checkpoint) {
    Verifying verifying = state.verifying(run, checkpoint);
    transitionTo(verifying);
    return verifying;
  }

  /** Records that the checkpoint serves. */
  void accept(Verifying verifying, CheckpointManifest manifest) {
    transitionTo(verifying.accepted(manifest, clock.instant()));
    refusals.forget(manifest.run(), manifest.id());
  }

  /**
   * Refuses a checkpoint until its manifest changes.
   *
   * @param manifest empty if it was missing or unreadable
   */
  void refuse(Verifying verifying, Optional<CheckpointManifest> manifest, String reason) {
    Refused refusal = verifying.refused(reason, clock.instant());
    refusals.remember(refusal, manifest);
    transitionTo(refusal);
  }

  /** Refuses a checkpoint that is worse than the served one. It may be offered again. */
  void refuseAsWorse(Verifying verifying, String reason) {
    Refused refusal = verifying.refused(reason, clock.instant());
    refusals.rememberComparison(refusal);
    transitionTo(refusal);
  }

  /** Ends a verification without a result. It will be repeated. */
  void abandon() {
    if (state instanceof Verifying verifying) {
      transitionTo(verifying.abandoned());
    }
  }

  /** Returns from a refusal to the state of serving, since the right checkpoint serves. */
  void resumeServing() {
    if (state instanceof Refused refused) {
      transitionTo(refused.serving().orElseThrow());
    }
  }

  Serving serving() {
    return state.serving().orElseThrow();
  }

  private void transitionTo(ReloadState next) {
    state = next;
    telemetry.reloadChanged(next);
  }
}
