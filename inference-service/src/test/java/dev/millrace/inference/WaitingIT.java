package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceFutureStub;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.inference.grpc.ModelInferRequest.InferInputTensor;
import dev.millrace.inference.grpc.ModelInferResponse;
import dev.millrace.testing.ServiceProcess;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of requests that wait; each waits for 4 s for others, so that it can be told. */
class WaitingIT {
  private static final int EACH = 20;

  private final HttpClient http = HttpClient.newBuilder().version(Version.HTTP_1_1).build();
  private ServedCheckpoint served;
  private ServiceProcess service;
  private ManagedChannel channel;
  private GRPCInferenceServiceFutureStub grpc;

  @BeforeEach
  void start() throws Exception {
    served =
        ServedCheckpoint.start(
            "WaitingIT",
            "MILLRACE_INFERENCE_MAX_BATCH_DELAY_MICROS",
            "4000000",
            "MILLRACE_INFERENCE_MAX_QUEUE_IMAGES",
            "64");
    service = served.service();
    channel =
        ManagedChannelBuilder.forAddress("localhost", InferenceProcess.grpcPort(service))
            .usePlaintext()
            .build();
    grpc = GRPCInferenceServiceGrpc.newFutureStub(channel);
  }

  @AfterEach
  void stop() throws Exception {
    channel.shutdownNow();
    served.close();
  }

  @Test
  void whatWaitsWhenTheProcessIsToldToStopIsAnswered() throws Exception {
    List<CompletableFuture<HttpResponse<String>>> overHttp = new ArrayList<>();
    List<ListenableFuture<ModelInferResponse>> overGrpc = new ArrayList<>();
    for (int i = 0; i < EACH; i++) {
      overHttp.add(http.sendAsync(request(1).build(), BodyHandlers.ofString()));
      overGrpc.add(grpc.modelInfer(message(1)));
    }
    InferenceProcess.awaitWaiting(service, 2 * EACH);
    service.terminate();

    for (CompletableFuture<HttpResponse<String>> answer : overHttp) {
      assertThat(answer.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }
    for (ListenableFuture<ModelInferResponse> answer : overGrpc) {
      assertThat(answer.get(30, TimeUnit.SECONDS).getModelName()).isEqualTo("tinyimagenet");
    }
    assertThat(service.exitCode()).isEqualTo(143);
  }

  @Test
  void whoeverHangsUpOrIsOutOfTimeIsNotComputedAndWhoFindsNoRoomIsToldAtOnce() throws Exception {
    CompletableFuture<HttpResponse<String>> overHttp =
        http.sendAsync(request(30).build(), BodyHandlers.ofString());
    ListenableFuture<ModelInferResponse> overGrpc = grpc.modelInfer(message(30));
    InferenceProcess.awaitWaiting(service, 60);

    long begin = System.nanoTime();
    HttpResponse<String> full = http.send(request(5).build(), BodyHandlers.ofString());
    assertThat(full.statusCode()).isEqualTo(503);
    assertThat(full.headers().firstValue("Retry-After")).hasValue("1");
    assertThat(full.body()).contains("the queue is full: 60 images wait");
    assertStatus(grpc.modelInfer(message(5)), Status.Code.RESOURCE_EXHAUSTED);

    HttpRequest hasty = request(1).header("X-Request-Timeout-Ms", "50").build();
    assertThat(http.send(hasty, BodyHandlers.ofString()).statusCode()).isEqualTo(504);
    assertStatus(
        grpc.withDeadlineAfter(50, TimeUnit.MILLISECONDS).modelInfer(message(1)),
        Status.Code.DEADLINE_EXCEEDED);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));

    overHttp.cancel(true);
    overGrpc.cancel(true);
    await()
        .untilAsserted(() -> assertThat(requests("abandoned") + requests("timeout")).isEqualTo(4));
    assertThat(service.metric("millrace_inference_queue_images")).isZero();
    assertThat(requests("queue_full")).isEqualTo(2);
    assertThat(service.metric("millrace_inference_forward_seconds_count")).isZero();
  }

  private double requests(String outcome) throws Exception {
    return service.metric("millrace_inference_requests_total{outcome=\"%s\"}".formatted(outcome));
  }

  private HttpRequest.Builder request(int images) {
    String json = OipRestIT.request(served.pixels(images)).put("id", "waiting").toString();
    return HttpRequest.newBuilder(
            URI.create(
                "http://localhost:%d/v2/models/tinyimagenet/infer".formatted(service.port())))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(json));
  }

  private ModelInferRequest message(int images) {
    return ModelInferRequest.newBuilder()
        .setModelName("tinyimagenet")
        .addInputs(
            InferInputTensor.newBuilder()
                .setName("images")
                .setDatatype("UINT8")
                .addAllShape(List.of((long) images, 3L, 32L, 32L)))
        .addRawInputContents(ByteString.copyFrom(served.pixels(images)))
        .build();
  }

  private static void assertStatus(ListenableFuture<ModelInferResponse> answer, Status.Code code)
      throws Exception {
    try {
      answer.get(10, TimeUnit.SECONDS);
      assertThat(code).isEqualTo(Status.Code.OK);
    } catch (ExecutionException e) {
      assertThat(Status.fromThrowable(e.getCause()).getCode()).isEqualTo(code);
    }
  }
}
