package dev.millrace.inference.reload;

import dev.millrace.inference.reload.ReloadState.Refused;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.inference.reload.ReloadState.Verifying;
import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Clock;
import java.util.Collection;
import java.util.Optional;

/**
 * The state of reloading and what was refused on the way; every change is told. One thread at a
 * time changes it; any may ask for {@link #state} and {@link #refused}.
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

  /** Oldest first. */
  Collection<Refused> refused() {
    return refusals.all();
  }

  /** A served checkpoint that was deleted since is served nevertheless. */
  boolean isServed(String run, String checkpoint, Optional<CheckpointManifest> manifest) {
    return state
        .serving()
        .filter(
            serving -> manifest.map(serving::is).orElseGet(() -> serving.isNamed(run, checkpoint)))
        .isPresent();
  }

  /** Whether the checkpoint was refused for what it is, and is still that. */
  boolean isRefused(String run, String checkpoint, Optional<CheckpointManifest> manifest) {
    return refusals.isRefused(run, checkpoint, manifest);
  }

  /** Whether it is what was refused last, and for the same reason. */
  boolean isRepeatedRefusal(String run, String checkpoint, String reason) {
    return refusals.isRepeated(state, run, checkpoint, reason);
  }

  Verifying verifying(String run, String checkpoint) {
    Verifying verifying = state.verifying(run, checkpoint);
    transitionTo(verifying);
    return verifying;
  }

  /** It serves. */
  void accept(Verifying verifying, CheckpointManifest manifest) {
    transitionTo(verifying.accepted(manifest, clock.instant()));
    refusals.forget(manifest.run(), manifest.id());
  }

  /**
   * For what it is.
   *
   * @param manifest empty if that was missing or unreadable
   */
  void refuse(Verifying verifying, Optional<CheckpointManifest> manifest, String reason) {
    Refused refusal = verifying.refused(reason, clock.instant());
    refusals.remember(refusal, manifest);
    transitionTo(refusal);
  }

  /** Not for ever: what serves may be another one when it is asked again. */
  void refuseAsWorse(Verifying verifying, String reason) {
    Refused refusal = verifying.refused(reason, clock.instant());
    refusals.rememberComparison(refusal);
    transitionTo(refusal);
  }

  /** What was being verified, if anything, will be verified again. */
  void abandon() {
    if (state instanceof Verifying verifying) {
      transitionTo(verifying.abandoned());
    }
  }

  /** What serves is what should serve; the refusal of another is past. */
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
