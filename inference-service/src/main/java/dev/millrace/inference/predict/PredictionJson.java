package dev.millrace.inference.predict;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.images.DecodedImage;
import dev.millrace.inference.serving.Classification;
import dev.millrace.inference.serving.Classification.Ranked;
import dev.millrace.protocol.run.CheckpointManifest;
import java.util.List;
import java.util.Map;

/**
 * The answer to a prediction.
 *
 * @param predictions most probable first
 * @param model the architecture
 * @param checkpoint the one that computed this answer
 * @param trainedThrough by partition: the first record of the stream that is not in its weights
 * @param note what was done to the image
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

  /** Null if there is nothing to say. */
  static String note(DecodedImage image) {
    return image.notes().isEmpty() ? null : String.join("; ", image.notes());
  }
}
