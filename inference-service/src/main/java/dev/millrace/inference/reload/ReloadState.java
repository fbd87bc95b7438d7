package dev.millrace.inference.reload;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import java.time.Instant;
import java.util.Optional;

/** The life of the served model. Immutable; a transition returns the next state. */
public sealed interface ReloadState {

  /** What answers requests in this state. */
  Optional<Serving> serving();

  /** Equal manifests have equal hashes; as records they differ, for they hold an array. */
  static String hash(CheckpointManifest manifest) {
    return CheckpointStore.describe("manifest.json", Json.bytes(manifest)).sha256();
  }

  /** A candidate was found. */
  default Verifying verifying(String run, String checkpoint) {
    return new Verifying(run, checkpoint, serving());
  }

  /** No checkpoint was found yet. */
  record Empty() implements ReloadState {
    @Override
    public Optional<Serving> serving() {
      return Optional.empty();
    }
  }

  /** A checkpoint answers requests. */
  record Serving(CheckpointManifest checkpoint, Instant since) implements ReloadState {
    @Override
    public Optional<Serving> serving() {
      return Optional.of(this);
    }

    boolean is(CheckpointManifest manifest) {
      return hash(checkpoint).equals(hash(manifest));
    }

    boolean isNamed(String run, String id) {
      return checkpoint.run().equals(run) && checkpoint.id().equals(id);
    }

    /**
     * @return why a checkpoint of the same run should not take over; empty if it may
     */
    Optional<String> reasonToReject(CheckpointManifest candidate) {
      CheckpointMetrics offered = candidate.metrics();
      CheckpointMetrics served = checkpoint.metrics();
      if (offered == null
          || served == null
          || !checkpoint.run().equals(candidate.run())
          || offered.validationAccuracy() >= served.validationAccuracy()) {
        return Optional.empty();
      }
      return Optional.of(
          "its validation accuracy %s is less than the %s of %s, which serves; promote it by hand if it shall serve"
              .formatted(
                  offered.validationAccuracy(), served.validationAccuracy(), checkpoint.id()));
    }
  }

  /**
   * A candidate is being fetched and proven.
   *
   * @param serving what answers requests meanwhile
   */
  record Verifying(String run, String checkpoint, Optional<Serving> serving)
      implements ReloadState {
    Serving accepted(CheckpointManifest manifest, Instant now) {
      return new Serving(manifest, now);
    }

    /** Neither proven nor disproven. */
    ReloadState abandoned() {
      return serving.isPresent() ? serving.get() : new Empty();
    }

    Refused refused(String reason, Instant now) {
      return new Refused(run, checkpoint, reason, now, serving);
    }
  }

  /**
   * The newest candidate is not what it should be.
   *
   * @param serving what answers requests nevertheless
   */
  record Refused(
      String run, String checkpoint, String reason, Instant at, Optional<Serving> serving)
      implements ReloadState {}
}
