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
 * The answer of the model configuration extension, as far as Triton's fields have a meaning here.
 *
 * @param maxBatchSize images that one request may have, and that one forward pass computes at most
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

  /** How many versions serve. */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Latest(int numVersions) {}

  /**
   * @param dims without the number of images
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Input(String name, String dataType, String format, List<Long> dims) {}

  /**
   * @param dims without the number of images
   * @param reshape what is left of them in the answer, if that is not the same
   */
  @JsonNaming(SnakeCaseStrategy.class)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Output(String name, String dataType, List<Long> dims, Reshape reshape) {}

  /** The shape in the answer, without the number of images. */
  public record Reshape(List<Long> shape) {}

  /** Requests that arrive together are computed together. */
  @JsonNaming(SnakeCaseStrategy.class)
  public record DynamicBatching(List<Integer> preferredBatchSize, long maxQueueDelayMicroseconds) {}

  /** Where it is computed. */
  @JsonNaming(SnakeCaseStrategy.class)
  public record InstanceGroup(String name, String kind, int count) {}

  /** A value as Triton's configuration has it. */
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
    // A configuration has no output without dimensions, so a label is one that is reshaped to none.
    return shape.size() > 1
        ? new Output(output.tensor(), type(output.datatype()), shape.subList(1, shape.size()), null)
        : new Output(output.tensor(), type(output.datatype()), List.of(1L), new Reshape(List.of()));
  }

  private static String type(String datatype) {
    return datatype.equals("BYTES") ? "TYPE_STRING" : "TYPE_" + datatype;
  }
}
