package dev.millrace.inference.oip;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.millrace.protocol.run.CheckpointManifest;
import java.util.Arrays;
import java.util.List;

/** The small responses of the Open Inference Protocol over REST. */
public final class OipJson {
  private OipJson() {}

  /** The response to any failed request. */
  public record Failure(String error) {}

  public record Live(boolean live) {}

  public record Ready(boolean ready) {}

  public record ModelReady(String name, boolean ready) {}

  public record Server(String name, String version, List<String> extensions) {}

  /** The response of the statistics extension. */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Statistics(List<ModelStats> modelStats) {}

  /**
   * The metadata of a tensor.
   *
   * @param shape -1 for a dimension of any size
   */
  public record Tensor(String name, String datatype, List<Long> shape) {}

  /**
   * The metadata of the model.
   *
   * @param versions the served checkpoint
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Model(
      String name,
      List<String> versions,
      String platform,
      List<Tensor> inputs,
      List<Tensor> outputs) {
    public static Model of(CheckpointManifest checkpoint) {
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
