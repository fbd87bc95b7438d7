package dev.millrace.inference.control;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Instant;

/**
 * The served checkpoint after a change.
 *
 * @param pinned whether it keeps serving when another one becomes the best
 * @param validationAccuracy in [0, 1]; absent for a checkpoint within an epoch
 * @param since when it began to serve
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ServingJson(
    String run,
    String checkpoint,
    int epoch,
    long step,
    Double validationAccuracy,
    Instant since,
    boolean pinned) {
  static ServingJson of(Serving serving, boolean pinned) {
    CheckpointManifest checkpoint = serving.checkpoint();
    return new ServingJson(
        checkpoint.run(),
        checkpoint.id(),
        checkpoint.epoch(),
        checkpoint.step(),
        checkpoint.validationAccuracy(),
        serving.since(),
        pinned);
  }
}
