package dev.millrace.benchmarks.serving;

import com.google.protobuf.ByteString;
import dev.millrace.benchmarks.load.H2Load;
import dev.millrace.benchmarks.process.StackRun;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.inference.grpc.ModelInferRequest.InferInputTensor;
import java.io.IOException;
import java.util.List;

/** Clients that classify one image, again and again. */
public final class PredictionLoad {
  private PredictionLoad() {}

  public static H2Load http(StackRun stack, byte[] image) throws IOException {
    return H2Load.http(stack.httpPort(), "/v1/predict", "application/octet-stream", image);
  }

  static H2Load grpc(StackRun stack, byte[] image) throws IOException {
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
    return H2Load.grpc(
        stack.grpcPort(), "/inference.GRPCInferenceService/ModelInfer", request.toByteArray());
  }
}
