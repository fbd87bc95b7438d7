package dev.millrace.inference.oip.grpc;

import dev.millrace.inference.grpc.DataType;
import dev.millrace.inference.grpc.InferBatchStatistics;
import dev.millrace.inference.grpc.InferStatistics;
import dev.millrace.inference.grpc.ModelConfig;
import dev.millrace.inference.grpc.ModelDynamicBatching;
import dev.millrace.inference.grpc.ModelInput;
import dev.millrace.inference.grpc.ModelInstanceGroup;
import dev.millrace.inference.grpc.ModelOutput;
import dev.millrace.inference.grpc.ModelParameter;
import dev.millrace.inference.grpc.ModelStatistics;
import dev.millrace.inference.grpc.ModelTensorReshape;
import dev.millrace.inference.grpc.ModelVersionPolicy;
import dev.millrace.inference.grpc.RepositoryIndexResponse.ModelIndex;
import dev.millrace.inference.grpc.StatisticDuration;
import dev.millrace.inference.oip.ModelSettings;
import dev.millrace.inference.oip.ModelStats;
import dev.millrace.inference.oip.RepositoryEntry;

/** Converts the answers of the extensions to protocol buffers. */
public final class GrpcExtensions {
  private GrpcExtensions() {}

  public static ModelStatistics write(ModelStats stats) {
    ModelStats.Parts parts = stats.inferenceStats();
    ModelStatistics.Builder message =
        ModelStatistics.newBuilder()
            .setName(stats.name())
            .setVersion(stats.version())
            .setLastInference(stats.lastInference())
            .setInferenceCount(stats.inferenceCount())
            .setExecutionCount(stats.executionCount())
            .setInferenceStats(
                InferStatistics.newBuilder()
                    .setSuccess(duration(parts.success()))
                    .setFail(duration(parts.fail()))
                    .setQueue(duration(parts.queue()))
                    .setComputeInput(duration(parts.computeInput()))
                    .setComputeInfer(duration(parts.computeInfer()))
                    .setComputeOutput(duration(parts.computeOutput()))
                    .setCacheHit(duration(parts.cacheHit()))
                    .setCacheMiss(duration(parts.cacheMiss())));
    for (ModelStats.Batches batches : stats.batchStats()) {
      message.addBatchStats(
          InferBatchStatistics.newBuilder()
              .setBatchSize(batches.batchSize())
              .setComputeInput(duration(batches.computeInput()))
              .setComputeInfer(duration(batches.computeInfer()))
              .setComputeOutput(duration(batches.computeOutput())));
    }
    return message.build();
  }

  private static StatisticDuration duration(ModelStats.Duration duration) {
    return StatisticDuration.newBuilder().setCount(duration.count()).setNs(duration.ns()).build();
  }

  public static ModelConfig write(ModelSettings settings) {
    ModelConfig.Builder message =
        ModelConfig.newBuilder()
            .setName(settings.name())
            .setPlatform(settings.platform())
            .setBackend(settings.backend())
            .setVersionPolicy(
                ModelVersionPolicy.newBuilder()
                    .setLatest(
                        ModelVersionPolicy.Latest.newBuilder()
                            .setNumVersions(settings.versionPolicy().latest().numVersions())))
            .setMaxBatchSize(settings.maxBatchSize())
            .setDynamicBatching(
                ModelDynamicBatching.newBuilder()
                    .addAllPreferredBatchSize(settings.dynamicBatching().preferredBatchSize())
                    .setMaxQueueDelayMicroseconds(
                        settings.dynamicBatching().maxQueueDelayMicroseconds()))
            .setDefaultModelFilename(settings.defaultModelFilename());
    settings.input().forEach(input -> message.addInput(input(input)));
    settings.output().forEach(output -> message.addOutput(output(output)));
    settings
        .instanceGroup()
        .forEach(
            group ->
                message.addInstanceGroup(
                    ModelInstanceGroup.newBuilder()
                        .setName(group.name())
                        .setKind(ModelInstanceGroup.Kind.valueOf(group.kind()))
                        .setCount(group.count())));
    settings
        .parameters()
        .forEach(
            (name, value) ->
                message.putParameters(
                    name, ModelParameter.newBuilder().setStringValue(value.stringValue()).build()));
    return message.build();
  }

  private static ModelInput input(ModelSettings.Input input) {
    return ModelInput.newBuilder()
        .setName(input.name())
        .setDataType(DataType.valueOf(input.dataType()))
        .setFormat(ModelInput.Format.valueOf(input.format()))
        .addAllDims(input.dims())
        .build();
  }

  private static ModelOutput output(ModelSettings.Output output) {
    ModelOutput.Builder message =
        ModelOutput.newBuilder()
            .setName(output.name())
            .setDataType(DataType.valueOf(output.dataType()))
            .addAllDims(output.dims());
    if (output.reshape() != null) {
      message.setReshape(
          ModelTensorReshape.newBuilder().addAllShape(output.reshape().shape()).build());
    }
    return message.build();
  }

  public static ModelIndex write(RepositoryEntry entry) {
    return ModelIndex.newBuilder()
        .setName(entry.name())
        .setVersion(entry.version())
        .setState(entry.state())
        .setReason(entry.reason())
        .build();
  }
}
