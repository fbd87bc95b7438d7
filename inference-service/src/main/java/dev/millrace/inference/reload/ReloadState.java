package dev.millrace.inference.reload;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.Sha256;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.CheckpointMetrics;
import java.time.Instant;
import java.util.Optional;

/** The state of the served model. Immutable; a transition returns the next state. */
public sealed interface ReloadState {

  /** Returns what serves in this state. */
  Optional<Serving> serving();

  /**
   * Returns the hash of a manifest. Equal manifests have equal hashes, though records with arrays
   * are never equal.
   */
  static String hash(CheckpointManifest manifest) {
    return Sha256.hex(Json.bytes(manifest));
  }

  /** Begins the verification of a candidate. */
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
     * Compares a candidate with this checkpoint.
     *
     * @return why a worse candidate of the same run is rejected; empty if it may be served
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
          "its validation accuracy %s is less than the %s of %s, which serves; promote it by hand to serve it"
              .formatted(
                  offered.validationAccuracy(), served.validationAccuracy(), checkpoint.id()));
    }
  }

  /**
   * A candidate is being fetched and verified.
   *
   * @param serving what serves meanwhile
   */
  record Verifying(String run, String checkpoint, Optional<Serving> serving)
      implements ReloadState {
    Serving accepted(CheckpointManifest manifest, Instant now) {
      return new Serving(manifest, now);
    }

    /** Ends the verification without a result. */
    ReloadState abandoned() {
      return serving.isPresent() ? serving.get() : new Empty();
    }

    Refused refused(String reason, Instant now) {
      return new Refused(run, checkpoint, reason, now, serving);
    }
  }

  /**
   * The newest candidate was refused.
   *
   * @param serving what still serves
   */
  record Refused(
      String run, String checkpoint, String reason, Instant at, Optional<Serving> serving)
      implements ReloadState {}
}
