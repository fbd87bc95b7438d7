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
 * The answer to a form with several images, all computed by the same checkpoint.
 *
 * @param images in the form's order
 * @param trainedThrough by partition: the first offset that the checkpoint was not trained on
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
   * The answer for one image.
   *
   * @param file the file name in the form
   * @param predictions the classes, most probable first
   * @param note how the image was converted; null if it was not
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
