package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.inference.grpc.ModelInferRequest.InferInputTensor;
import dev.millrace.inference.grpc.ModelInferResponse;
import dev.millrace.inference.grpc.ServerLiveRequest;
import dev.millrace.inference.serving.Checkpoints;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What was accepted is answered, though the process is told to stop meanwhile. */
class ShutdownIT {
  private static final int REQUESTS = 20;

  @Test
  void whatWaitsWhenTheProcessIsToldToStopIsAnswered() throws Exception {
    // Everything waits for 4 s before its batch, so that all of it waits at the signal.
    try (ServedCheckpoint served =
        ServedCheckpoint.start(
            "ShutdownIT", "MILLRACE_INFERENCE_MAX_BATCH_DELAY_MICROS", "4000000")) {
      ServiceProcess service = served.service();
      HttpClient http = HttpClient.newBuilder().version(Version.HTTP_1_1).build();
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create("http://localhost:%d/v1/predict".formatted(service.port())))
              .header("Content-Type", "application/octet-stream")
              .POST(BodyPublishers.ofByteArray(Checkpoints.pixels(1)))
              .build();
      ManagedChannel channel =
          ManagedChannelBuilder.forAddress("localhost", service.grpcPort()).usePlaintext().build();
      var grpc = GRPCInferenceServiceGrpc.newFutureStub(channel);
      grpc.serverLive(ServerLiveRequest.getDefaultInstance()).get(10, TimeUnit.SECONDS);

      List<CompletableFuture<HttpResponse<String>>> overHttp = new ArrayList<>();
      List<ListenableFuture<ModelInferResponse>> overGrpc = new ArrayList<>();
      for (int i = 0; i < REQUESTS; i++) {
        overHttp.add(http.sendAsync(request, BodyHandlers.ofString()));
        overGrpc.add(grpc.modelInfer(inference()));
      }
      service.awaitWaiting(2 * REQUESTS);
      service.terminate();

      for (CompletableFuture<HttpResponse<String>> answer : overHttp) {
        assertThat(answer.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      }
      for (ListenableFuture<ModelInferResponse> answer : overGrpc) {
        assertThat(answer.get(30, TimeUnit.SECONDS).getModelName()).isEqualTo("tinyimagenet");
      }
      assertThat(service.exitCode()).isEqualTo(143);
      channel.shutdownNow();
    }
  }

  private static ModelInferRequest inference() {
    return ModelInferRequest.newBuilder()
        .setModelName("tinyimagenet")
        .addInputs(
            InferInputTensor.newBuilder()
                .setName("images")
                .setDatatype("UINT8")
                .addAllShape(List.of(1L, 3L, 32L, 32L)))
        .addRawInputContents(ByteString.copyFrom(Checkpoints.pixels(1)))
        .build();
  }
}
