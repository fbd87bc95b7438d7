package dev.millrace.inference.predict;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.images.DecodedImage;
import dev.millrace.inference.serving.Classification;
import dev.millrace.inference.serving.Classification.Ranked;
import dev.millrace.protocol.run.CheckpointManifest;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The answer to a form with several images; all of them were computed by the one checkpoint.
 *
 * @param images in the form's order
 * @param trainedThrough by partition: the first record of the stream that is not in its weights
 */
record PredictionsJson(
    List<ImageJson> images,
    String model,
    String run,
    String checkpoint,
    int epoch,
    long step,
    Map<Integer, Long> trainedThrough)
    implements Answer {

  /**
   * @param file the name that the form gives
   * @param predictions most probable first
   * @param note what was done to the image
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record ImageJson(String file, List<Ranked> predictions, String note) {}

  static PredictionsJson of(
      List<Classification> classifications,
      int top,
      List<String> files,
      List<DecodedImage> images) {
    CheckpointManifest checkpoint = classifications.get(0).checkpoint();
    return new PredictionsJson(
        IntStream.range(0, classifications.size())
            .mapToObj(
                i ->
                    new ImageJson(
                        files.get(i),
                        classifications.get(i).top(top),
                        PredictionJson.note(images.get(i))))
            .toList(),
        checkpoint.architecture(),
        checkpoint.run(),
        checkpoint.id(),
        checkpoint.epoch(),
        checkpoint.step(),
        checkpoint.nextOffsets());
  }
}
