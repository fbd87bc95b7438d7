package dev.millrace.inference;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.testing.ServiceProcess;
import dev.millrace.testing.TestImages;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.http.HttpClient;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Requests out of the ordinary get a plain answer and leave no stack trace in the log. */
class OddRequestsIT {
  private static final String TOKEN = "a-token-for-predictions";

  private static ServedCheckpoint served;
  private static ServiceProcess service;
  private static ManagedChannel channel;

  @BeforeAll
  static void start() throws Exception {
    served = ServedCheckpoint.start("OddRequestsIT", "MILLRACE_INFERENCE_PREDICT_TOKEN", TOKEN);
    service = served.service();
    channel =
        ManagedChannelBuilder.forAddress("localhost", InferenceProcess.grpcPort(service))
            .usePlaintext()
            .build();
  }

  @AfterAll
  static void stop() throws Exception {
    channel.shutdownNow();
    String log = service.log();
    served.close();
    assertThat(log.lines().filter(line -> line.startsWith("\tat ")).toList()).isEmpty();
    assertThat(log.lines().filter(line -> line.contains(" ERROR ")).count()).isLessThan(2);
  }

  @Test
  void aGrpcMessageOverTheLimitIsRefusedInWords() {
    Metadata.Key<String> key = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    Metadata headers = new Metadata();
    headers.put(key, "Bearer " + TOKEN);
    var client =
        GRPCInferenceServiceGrpc.newBlockingStub(channel)
            .withInterceptors(io.grpc.stub.MetadataUtils.newAttachHeadersInterceptor(headers));
    ModelInferRequest large =
        ModelInferRequest.newBuilder()
            .addRawInputContents(ByteString.copyFrom(new byte[9_000_000]))
            .build();
    assertThatThrownBy(() -> client.modelInfer(large))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
        .hasMessageContaining("8388608");
  }

  /** The headers are enough to be refused: no message is sent. */
  @Test
  void theTokenIsAskedForBeforeAGrpcMessageIsRead() throws Exception {
    CompletableFuture<Status> status = new CompletableFuture<>();
    var call = channel.newCall(GRPCInferenceServiceGrpc.getModelInferMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status closed, Metadata trailers) {
            status.complete(closed);
          }
        },
        new Metadata());
    call.halfClose();
    assertThat(status.get(20, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  /** Without the token the body is dropped, where it would fill the memory. */
  @Test
  void theTokenIsAskedForBeforeABodyIsKept() throws Exception {
    for (String path : new String[] {"/v1/predict", "/v2/models/tinyimagenet/infer"}) {
      var refused = service.post(path, "image/png", new byte[8_000_000]);
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(401);
      assertThat(refused.headers().firstValue("WWW-Authenticate")).contains("Bearer");
      assertThat(refused.body()).contains("send the token as");
      // Refused for its token, though the encoding is wrong, too: the token comes first.
      assertThat(
              service.post(path, "image/png", new byte[10], "Content-Encoding", "br").statusCode())
          .isEqualTo(401);
    }
    var taken =
        service.post(
            "/v1/predict", "image/png", TestImages.png(32, 32), "Authorization", "Bearer " + TOKEN);
    assertThat(taken.statusCode()).as(taken.body()).isEqualTo(200);
  }

  @Test
  void whatTakesNoBodyKeepsNone() throws Exception {
    for (String path : new String[] {"/v1/rollback", "/v2/repository/index", "/v1/nothing"}) {
      assertThat(service.post(path, null, new byte[5_000]).statusCode()).as(path).isEqualTo(413);
    }
  }

  @Test
  void bodiesAreTakenAndRefusedOverHttp2() throws Exception {
    String path = "/v1/predict";
    String token = "Bearer " + TOKEN;
    byte[] png = TestImages.png(32, 32);
    for (int i = 0; i < 3; i++) {
      var refused = service.post(path, "image/png", new byte[8_000_000]);
      assertThat(refused.statusCode()).isEqualTo(401);
      var large = service.post(path, null, new byte[9_000_000], "Authorization", token);
      assertThat(large.statusCode()).as(large.body()).isEqualTo(413);
      var taken = service.post(path, "image/png", png, "Authorization", token);
      assertThat(taken.statusCode()).as(taken.body()).isEqualTo(200);
      assertThat(taken.version()).isEqualTo(HttpClient.Version.HTTP_2);
    }
  }

  @Test
  void metricsAreSentWhateverTypeIsAskedFor() throws Exception {
    for (String accept :
        new String[] {
          "application/openmetrics-text",
          "application/openmetrics-text; version=1.0.0",
          "application/openmetrics-text;version=0.0.1",
          "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
          "application/json",
          "text/html",
          "text/plain",
          "*/*"
        }) {
      var answer = service.send("GET", "/q/metrics", new byte[0], "Accept", accept);
      assertThat(answer.statusCode()).as(accept).isEqualTo(200);
      assertThat(new String(answer.body(), US_ASCII)).contains("millrace_inference_served{");
    }
  }
}
