package dev.millrace.benchmarks;

import com.google.protobuf.ByteString;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceStub;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.inference.grpc.ModelInferRequest.InferInputTensor;
import dev.millrace.inference.grpc.ModelInferResponse;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/**
 * One client that asks ModelInfer again whenever it was answered, on the thread that brought the
 * answer: threads of its own would take more of the server's cores than the server does. Clients
 * share a channel, as gRPC's are meant to.
 */
final class GrpcClient implements StreamObserver<ModelInferResponse> {
  private final GRPCInferenceServiceStub stub;
  private final ModelInferRequest request;
  private final Latencies latencies;
  private final CompletableFuture<long[]> done = new CompletableFuture<>();
  private long asked;

  private GrpcClient(Channel channel, ModelInferRequest request, Latencies latencies) {
    stub = GRPCInferenceServiceGrpc.newStub(channel);
    this.request = request;
    this.latencies = latencies;
  }

  /**
   * @param channel with a direct executor
   * @param image U8 (3,32,32)
   * @return latencies in nanoseconds, when all is over
   */
  static Future<long[]> start(Channel channel, byte[] image, Latencies latencies) {
    ModelInferRequest request =
        ModelInferRequest.newBuilder()
            .setModelName("tinyimagenet")
            .addInputs(
                InferInputTensor.newBuilder()
                    .setName("images")
                    .setDatatype("UINT8")
                    .addAllShape(List.of(1L, 3L, 32L, 32L)))
            .addRawInputContents(ByteString.copyFrom(image))
            .build();
    GrpcClient client = new GrpcClient(channel, request, latencies);
    client.ask();
    return client.done;
  }

  private void ask() {
    asked = System.nanoTime();
    stub.modelInfer(request, this);
  }

  @Override
  public void onNext(ModelInferResponse response) {
    // Its end comes with it.
  }

  @Override
  public void onError(Throwable failure) {
    done.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    if (latencies.add(asked, System.nanoTime())) {
      ask();
    } else {
      done.complete(latencies.toArray());
    }
  }
}
