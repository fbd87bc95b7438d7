package dev.millrace.inference.oip;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.millrace.inference.serving.BatchLimits;
import dev.millrace.protocol.run.CheckpointManifest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The answer of the model configuration extension, with those of Triton's fields that apply here.
 *
 * @param maxBatchSize the most images of one request and of one forward pass
 */
@JsonNaming(SnakeCaseStrategy.class)
public record ModelSettings(
    String name,
    String platform,
    String backend,
    VersionPolicy versionPolicy,
    int maxBatchSize,
    List<Input> input,
    List<Output> output,
    DynamicBatching dynamicBatching,
    List<InstanceGroup> instanceGroup,
    String defaultModelFilename,
    Map<String, Parameter> parameters) {

  /** One version serves at a time. */
  @JsonNaming(SnakeCaseStrategy.class)
  public record VersionPolicy(Latest latest) {}

  /** The number of served versions. */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Latest(int numVersions) {}

  /**
   * An input tensor.
   *
   * @param dims without the number of images
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Input(String name, String dataType, String format, List<Long> dims) {}

  /**
   * An output tensor.
   *
   * @param dims without the number of images
   * @param reshape the shape in the response, if it differs
   */
  @JsonNaming(SnakeCaseStrategy.class)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Output(String name, String dataType, List<Long> dims, Reshape reshape) {}

  /** The shape in the response, without the number of images. */
  public record Reshape(List<Long> shape) {}

  /** How requests are put into batches. */
  @JsonNaming(SnakeCaseStrategy.class)
  public record DynamicBatching(List<Integer> preferredBatchSize, long maxQueueDelayMicroseconds) {}

  /** The device of the model. */
  @JsonNaming(SnakeCaseStrategy.class)
  public record InstanceGroup(String name, String kind, int count) {}

  /** A parameter's value in Triton's format. */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Parameter(String stringValue) {}

  static ModelSettings of(CheckpointManifest checkpoint, BatchLimits limits) {
    return new ModelSettings(
        checkpoint.architecture(),
        ServedModel.PLATFORM,
        "millrace",
        new VersionPolicy(new Latest(1)),
        limits.maxBatchImages(),
        List.of(
            new Input(
                ImageTensor.NAME,
                type(ImageTensor.DATATYPE),
                "FORMAT_NCHW",
                ImageTensor.SHAPE.subList(1, ImageTensor.SHAPE.size()))),
        Arrays.stream(dev.millrace.inference.oip.Output.values())
            .map(output -> output(output, checkpoint.classes().size()))
            .toList(),
        new DynamicBatching(List.of(), limits.maxBatchDelay().toNanos() / 1_000),
        List.of(new InstanceGroup(checkpoint.architecture(), "KIND_CPU", 1)),
        "weights.safetensors",
        Map.of("run", new Parameter(checkpoint.run())));
  }

  private static Output output(dev.millrace.inference.oip.Output output, int classes) {
    List<Long> shape = output.shape(-1, classes);
    // Triton allows no output without dimensions; so labels have one that is reshaped away.
    return shape.size() > 1
        ? new Output(output.tensor(), type(output.datatype()), shape.subList(1, shape.size()), null)
        : new Output(output.tensor(), type(output.datatype()), List.of(1L), new Reshape(List.of()));
  }

  private static String type(String datatype) {
    return datatype.equals("BYTES") ? "TYPE_STRING" : "TYPE_" + datatype;
  }
}
