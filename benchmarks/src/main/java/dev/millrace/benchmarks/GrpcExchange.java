package dev.millrace.benchmarks;

import com.google.protobuf.ByteString;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.inference.grpc.ModelInferRequest.InferInputTensor;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.List;

/** ModelInfer over a channel that clients share, as gRPC's are meant to. */
final class GrpcExchange implements Exchange {
  private final GRPCInferenceServiceBlockingStub stub;
  private final ModelInferRequest request;

  /**
   * @param image U8 (3,32,32)
   */
  GrpcExchange(Channel channel, byte[] image) {
    stub = GRPCInferenceServiceGrpc.newBlockingStub(channel);
    request =
        ModelInferRequest.newBuilder()
            .setModelName("tinyimagenet")
            .addInputs(
                InferInputTensor.newBuilder()
                    .setName("images")
                    .setDatatype("UINT8")
                    .addAllShape(List.of(1L, 3L, 32L, 32L)))
            .addRawInputContents(ByteString.copyFrom(image))
            .build();
  }

  @Override
  public void run() throws IOException {
    try {
      stub.modelInfer(request);
    } catch (StatusRuntimeException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    // The channel is its maker's.
  }
}
