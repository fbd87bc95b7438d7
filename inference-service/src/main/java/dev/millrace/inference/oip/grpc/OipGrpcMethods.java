package dev.millrace.inference.oip.grpc;

import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import dev.millrace.inference.grpc.ModelConfigRequest;
import dev.millrace.inference.grpc.ModelConfigResponse;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.inference.grpc.ModelInferResponse;
import dev.millrace.inference.grpc.ModelMetadataRequest;
import dev.millrace.inference.grpc.ModelMetadataResponse;
import dev.millrace.inference.grpc.ModelMetadataResponse.TensorMetadata;
import dev.millrace.inference.grpc.ModelReadyRequest;
import dev.millrace.inference.grpc.ModelReadyResponse;
import dev.millrace.inference.grpc.ModelStatisticsRequest;
import dev.millrace.inference.grpc.ModelStatisticsResponse;
import dev.millrace.inference.grpc.RepositoryIndexRequest;
import dev.millrace.inference.grpc.RepositoryIndexResponse;
import dev.millrace.inference.grpc.RepositoryModelLoadRequest;
import dev.millrace.inference.grpc.RepositoryModelLoadResponse;
import dev.millrace.inference.grpc.RepositoryModelUnloadRequest;
import dev.millrace.inference.grpc.RepositoryModelUnloadResponse;
import dev.millrace.inference.grpc.ServerLiveRequest;
import dev.millrace.inference.grpc.ServerLiveResponse;
import dev.millrace.inference.grpc.ServerMetadataRequest;
import dev.millrace.inference.grpc.ServerMetadataResponse;
import dev.millrace.inference.grpc.ServerReadyRequest;
import dev.millrace.inference.grpc.ServerReadyResponse;
import dev.millrace.inference.oip.Extensions;
import dev.millrace.inference.oip.InferRequest;
import dev.millrace.inference.oip.InferResponse;
import dev.millrace.inference.oip.ModelStats;
import dev.millrace.inference.oip.OipJson;
import dev.millrace.inference.oip.ServedModel;
import dev.millrace.inference.serving.Classification;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The methods of the Open Inference Protocol, version 2, over gRPC. No method blocks. */
final class OipGrpcMethods extends GRPCInferenceServiceImplBase {
  private final ServedModel model;
  private final String version;

  OipGrpcMethods(ServedModel model, String version) {
    this.model = model;
    this.version = version;
  }

  @Override
  public void serverLive(ServerLiveRequest request, StreamObserver<ServerLiveResponse> observer) {
    GrpcCalls.answer(
        observer, () -> ServerLiveResponse.newBuilder().setLive(model.isLive()).build());
  }

  @Override
  public void serverReady(
      ServerReadyRequest request, StreamObserver<ServerReadyResponse> observer) {
    GrpcCalls.answer(
        observer, () -> ServerReadyResponse.newBuilder().setReady(model.isReady()).build());
  }

  @Override
  public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> observer) {
    GrpcCalls.answer(
        observer,
        () -> {
          boolean ready = model.isReady();
          if (ready) {
            model.find(request.getName(), GrpcCalls.given(request.getVersion()));
          }
          return ModelReadyResponse.newBuilder().setReady(ready).build();
        });
  }

  @Override
  public void serverMetadata(
      ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> observer) {
    GrpcCalls.answer(
        observer,
        () ->
            ServerMetadataResponse.newBuilder()
                .setName(ServedModel.SERVER)
                .setVersion(version)
                .addAllExtensions(Extensions.NAMES)
                .build());
  }

  @Override
  public void modelMetadata(
      ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> observer) {
    GrpcCalls.answer(
        observer,
        () -> {
          OipJson.Model found =
              OipJson.Model.of(
                  model.find(request.getName(), GrpcCalls.given(request.getVersion())));
          ModelMetadataResponse.Builder response =
              ModelMetadataResponse.newBuilder()
                  .setName(found.name())
                  .addAllVersions(found.versions())
                  .setPlatform(found.platform());
          found.inputs().forEach(tensor -> response.addInputs(metadata(tensor)));
          found.outputs().forEach(tensor -> response.addOutputs(metadata(tensor)));
          return response.build();
        });
  }

  private static TensorMetadata metadata(OipJson.Tensor tensor) {
    return TensorMetadata.newBuilder()
        .setName(tensor.name())
        .setDatatype(tensor.datatype())
        .addAllShape(tensor.shape())
        .build();
  }

  @Override
  public void modelInfer(ModelInferRequest message, StreamObserver<ModelInferResponse> observer) {
    var call = (ServerCallStreamObserver<ModelInferResponse>) observer;
    CompletableFuture<List<Classification>> answer;
    InferRequest request;
    try {
      Optional<String> version = GrpcCalls.given(message.getModelVersion());
      model.find(message.getModelName(), version);
      request = GrpcMessages.read(message, model.maxImages());
      answer = model.infer(request, version, GrpcCalls.timeLeft());
    } catch (RuntimeException e) {
      observer.onError(GrpcStatus.of(e));
      return;
    }
    call.setOnCancelHandler(() -> answer.cancel(false));
    answer
        .thenApply(images -> GrpcMessages.write(new InferResponse(request, images)))
        .whenComplete((response, failure) -> GrpcCalls.complete(call, response, failure));
  }

  @Override
  public void modelStatistics(
      ModelStatisticsRequest request, StreamObserver<ModelStatisticsResponse> observer) {
    GrpcCalls.answer(
        observer,
        () -> {
          List<ModelStats> found =
              request.getName().isEmpty()
                  ? model.statistics()
                  : List.of(
                      model.statistics(request.getName(), GrpcCalls.given(request.getVersion())));
          return ModelStatisticsResponse.newBuilder()
              .addAllModelStats(found.stream().map(GrpcExtensions::write).toList())
              .build();
        });
  }

  @Override
  public void modelConfig(
      ModelConfigRequest request, StreamObserver<ModelConfigResponse> observer) {
    GrpcCalls.answer(
        observer,
        () ->
            ModelConfigResponse.newBuilder()
                .setConfig(
                    GrpcExtensions.write(
                        model.configuration(
                            request.getName(), GrpcCalls.given(request.getVersion()))))
                .build());
  }

  @Override
  public void repositoryIndex(
      RepositoryIndexRequest request, StreamObserver<RepositoryIndexResponse> observer) {
    GrpcCalls.answer(
        observer,
        () ->
            RepositoryIndexResponse.newBuilder()
                .addAllModels(
                    model.repository(request.getReady()).stream()
                        .map(GrpcExtensions::write)
                        .toList())
                .build());
  }

  @Override
  public void repositoryModelLoad(
      RepositoryModelLoadRequest request, StreamObserver<RepositoryModelLoadResponse> observer) {
    observer.onError(GrpcStatus.of(Extensions.noLoading(request.getModelName())));
  }

  @Override
  public void repositoryModelUnload(
      RepositoryModelUnloadRequest request,
      StreamObserver<RepositoryModelUnloadResponse> observer) {
    observer.onError(GrpcStatus.of(Extensions.noLoading(request.getModelName())));
  }
}
