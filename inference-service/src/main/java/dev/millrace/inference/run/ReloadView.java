package dev.millrace.inference.run;

import dev.millrace.inference.reload.ReloadState;
import dev.millrace.inference.reload.ReloadState.Refused;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.inference.reload.ReloadState.Verifying;
import dev.millrace.protocol.run.CheckpointManifest;
import dev.millrace.protocol.run.CheckpointManifest.Recipe;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The served checkpoint and the result of the newest candidate.
 *
 * @param state {@code empty}, {@code verifying}, {@code refused} or {@code serving}
 * @param candidate the checkpoint that is being verified or was refused
 * @param reason why it was refused
 * @param serving absent before the first checkpoint
 */
public record ReloadView(String state, String candidate, String reason, Served serving) {

  /**
   * The served checkpoint and its origin.
   *
   * @param since when it began to serve
   * @param trainedThrough by partition: the first offset that the checkpoint was not trained on
   */
  public record Served(
      String run,
      String checkpoint,
      int epoch,
      long step,
      Double trainAccuracy,
      Double validationAccuracy,
      String architecture,
      String dataset,
      String stream,
      Recipe recipe,
      List<String> classes,
      Map<Integer, Long> trainedThrough,
      long weightsBytes,
      String weightsSha256,
      Instant created,
      Instant since) {

    static Served of(Serving serving) {
      CheckpointManifest manifest = serving.checkpoint();
      return new Served(
          manifest.run(),
          manifest.id(),
          manifest.epoch(),
          manifest.step(),
          manifest.metrics() == null ? null : manifest.metrics().trainAccuracy(),
          manifest.validationAccuracy(),
          manifest.architecture(),
          manifest.dataset(),
          manifest.stream(),
          manifest.recipe(),
          manifest.classes(),
          manifest.nextOffsets(),
          manifest.weights().bytes(),
          manifest.weights().sha256(),
          manifest.created(),
          serving.since());
    }
  }

  public static ReloadView of(ReloadState state) {
    Served served = state.serving().map(Served::of).orElse(null);
    if (state instanceof Verifying verifying) {
      return new ReloadView("verifying", verifying.checkpoint(), null, served);
    }
    if (state instanceof Refused refused) {
      return new ReloadView("refused", refused.checkpoint(), refused.reason(), served);
    }
    return new ReloadView(served == null ? "empty" : "serving", null, null, served);
  }
}
