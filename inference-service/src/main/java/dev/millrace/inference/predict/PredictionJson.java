package dev.millrace.inference.predict;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.images.DecodedImage;
import dev.millrace.inference.serving.Classification;
import dev.millrace.inference.serving.Classification.Ranked;
import dev.millrace.protocol.run.CheckpointManifest;
import java.util.List;
import java.util.Map;

/**
 * The answer for one image.
 *
 * @param predictions the classes, most probable first
 * @param model the architecture
 * @param checkpoint the checkpoint that computed this answer
 * @param trainedThrough by partition: the first offset that the checkpoint was not trained on
 * @param note how the image was converted; null if it was not
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record PredictionJson(
    List<Ranked> predictions,
    String model,
    String run,
    String checkpoint,
    int epoch,
    long step,
    Map<Integer, Long> trainedThrough,
    String note)
    implements Answer {

  static PredictionJson of(Classification classification, int top, DecodedImage image) {
    CheckpointManifest checkpoint = classification.checkpoint();
    return new PredictionJson(
        classification.top(top),
        checkpoint.architecture(),
        checkpoint.run(),
        checkpoint.id(),
        checkpoint.epoch(),
        checkpoint.step(),
        checkpoint.nextOffsets(),
        note(image));
  }

  /** Returns the notes about an image; null if there are none. */
  static String note(DecodedImage image) {
    return image.notes().isEmpty() ? null : String.join("; ", image.notes());
  }
}
