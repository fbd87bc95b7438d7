package dev.millrace.inference.oip;

import dev.millrace.inference.oip.InferRequest.RequestedOutput;
import dev.millrace.inference.serving.Classification;
import dev.millrace.protocol.run.CheckpointManifest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The answer to an {@link InferRequest}.
 *
 * @param images at least one, all by the same checkpoint
 */
public record InferResponse(InferRequest request, List<Classification> images) {

  /** Returns the checkpoint that computed this response. */
  public CheckpointManifest checkpoint() {
    return images.get(0).checkpoint();
  }

  /**
   * Returns the origin of the response: {@code run}, {@code checkpoint}, {@code epoch}, {@code
   * step}, and for each partition P {@code trained_through.P}, the first offset that the checkpoint
   * was not trained on. The values are strings and whole numbers.
   */
  public Map<String, Object> parameters() {
    CheckpointManifest checkpoint = checkpoint();
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("run", checkpoint.run());
    parameters.put("checkpoint", checkpoint.id());
    parameters.put("epoch", (long) checkpoint.epoch());
    parameters.put("step", checkpoint.step());
    checkpoint
        .nextOffsets()
        .forEach((partition, offset) -> parameters.put("trained_through." + partition, offset));
    return parameters;
  }

  public List<Long> shape(Output output) {
    return output.shape(images.size(), checkpoint().classes().size());
  }

  public List<Float> floats(Output output) {
    return switch (output) {
      case LOGITS -> images.stream().flatMap(image -> image.logits().stream()).toList();
      case PROBABILITIES ->
          images.stream()
              .flatMap(image -> image.probabilities().stream())
              .map(Double::floatValue)
              .toList();
      case LABELS -> throw new IllegalArgumentException("labels are strings");
    };
  }

  public List<String> labels() {
    return images.stream().map(image -> image.top(1).get(0).label()).toList();
  }

  public byte[] raw(RequestedOutput wanted) {
    return wanted.output() == Output.LABELS
        ? BinaryTensors.strings(labels())
        : BinaryTensors.floats(floats(wanted.output()));
  }
}
