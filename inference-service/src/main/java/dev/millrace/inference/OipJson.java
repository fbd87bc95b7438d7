package dev.millrace.inference;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.millrace.inference.oip.ImageTensor;
import dev.millrace.inference.oip.ModelStats;
import dev.millrace.inference.oip.Output;
import dev.millrace.inference.oip.ServedModel;
import dev.millrace.protocol.run.CheckpointManifest;
import java.util.Arrays;
import java.util.List;

/** The small answers of the Open Inference Protocol over REST. */
final class OipJson {
  private OipJson() {}

  /** The answer to any request that fails. */
  record Failure(String error) {}

  record Live(boolean live) {}

  record Ready(boolean ready) {}

  record ModelReady(String name, boolean ready) {}

  record Server(String name, String version, List<String> extensions) {}

  /** The answer of the statistics extension. */
  @JsonNaming(SnakeCaseStrategy.class)
  record Statistics(List<ModelStats> modelStats) {}

  /**
   * @param shape -1 for a dimension of any size
   */
  record Tensor(String name, String datatype, List<Long> shape) {}

  /**
   * @param versions the checkpoint that serves
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Model(
      String name,
      List<String> versions,
      String platform,
      List<Tensor> inputs,
      List<Tensor> outputs) {
    static Model of(CheckpointManifest checkpoint) {
      int classes = checkpoint.classes().size();
      return new Model(
          checkpoint.architecture(),
          List.of(checkpoint.id()),
          ServedModel.PLATFORM,
          List.of(new Tensor(ImageTensor.NAME, ImageTensor.DATATYPE, ImageTensor.SHAPE)),
          Arrays.stream(Output.values())
              .map(
                  output ->
                      new Tensor(output.tensor(), output.datatype(), output.shape(-1, classes)))
              .toList());
    }
  }
}
