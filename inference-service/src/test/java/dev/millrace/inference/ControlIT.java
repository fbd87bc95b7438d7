package dev.millrace.inference;

import static dev.millrace.inference.PredictAnswers.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.millrace.inference.grpc.ModelInferRequest;
import dev.millrace.inference.grpc.ModelInferRequest.InferInputTensor;
import dev.millrace.inference.grpc.ServerReadyRequest;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.protocol.Json;
import dev.millrace.protocol.Split;
import dev.millrace.protocol.Topics;
import dev.millrace.protocol.run.CheckpointEvent;
import dev.millrace.testing.KafkaBroker;
import dev.millrace.testing.S3Server;
import dev.millrace.testing.ServiceProcess;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person may change, with which token, and who hears of it; two replicas, a real broker. */
class ControlIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RAW = "application/octet-stream";
  private static final String ADMIN = "an-admin-token-of-tests";
  private static final String PREDICT = "a-predict-token-of-tests";
  private static final String FIRST = "epoch-0000000001-step-0000000010";
  private static final String SECOND = "epoch-0000000002-step-0000000020";
  private static final String THIRD = "epoch-0000000003-step-0000000030";

  @TempDir private static Path home;
  private static S3Server s3;
  private static KafkaBroker broker;
  private static ServiceProcess guarded;
  private static ServiceProcess open;

  @BeforeAll
  static void start() throws Exception {
    s3 = S3Server.start(Files.createDirectory(home.resolve("s3")), 0);
    broker = KafkaBroker.start(home, ServiceProcess.freePort());
    broker.createTopics(Topics.CHECKPOINTS, Topics.DEAD_LETTERS, Split.TRAIN.topic());
    Checkpoints.saveBest(s3.store(), "run", 1, 10);
    Checkpoints.saveBest(s3.store(), "run", 2, 20);
    Map<String, String> settings = InferenceProcess.settings(s3.endpoint(), broker.address());
    settings.put("MILLRACE_INFERENCE_POLL_SECONDS", "3600");
    open = InferenceProcess.launch(Path.of("target", "ControlIT-open.log"), settings);
    settings.put("MILLRACE_INFERENCE_POLL_SECONDS", "1");
    settings.put("MILLRACE_INFERENCE_ADMIN_TOKEN", ADMIN);
    settings.put("MILLRACE_INFERENCE_PREDICT_TOKEN", PREDICT);
    guarded = InferenceProcess.launch(Path.of("target", "ControlIT-guarded.log"), settings);
    guarded.awaitStatus("/q/health/ready", 200);
    open.awaitStatus("/q/health/ready", 200);
    await().until(() -> open.get("/q/health/ready").body().contains("\"connected\""));
  }

  @AfterAll
  static void stop() throws Exception {
    for (ServiceProcess service : new ServiceProcess[] {guarded, open}) {
      if (service != null) {
        service.close();
      }
    }
    broker.close();
    s3.close();
  }

  @Test
  void whatIsPromotedServesOnAllReplicasIsHeldAuditedAndTold() throws Exception {
    JsonNode promoted = control("/v1/checkpoints/%s/promote".formatted(FIRST), 200);
    assertThat(promoted.path("checkpoint").asText()).isEqualTo(FIRST);
    assertThat(promoted.path("run").asText()).isEqualTo("run");
    assertThat(promoted.path("pinned").asBoolean()).isTrue();
    assertThat(served()).isEqualTo(FIRST);
    awaitOpenServes(FIRST);
    JsonNode list = JSON.readTree(guarded.get("/v1/checkpoints").body());
    assertThat(list.path("pinned").asBoolean()).isTrue();
    assertThat(list.at("/checkpoints/0/state").asText()).isEqualTo("serving");

    control("/v1/rollback", 200);
    awaitOpenServes(SECOND);
    control("/v1/pin", 200);
    Checkpoints.saveBest(s3.store(), "run", 3, 30);
    assertThat(control("/v1/unpin", 200).path("pinned").asBoolean()).isFalse();
    awaitOpenServes(THIRD);
    await().until(() -> served().equals(THIRD));

    String audit = guarded.log();
    for (CheckpointEvent.Type type :
        List.of(
            CheckpointEvent.Type.PROMOTED,
            CheckpointEvent.Type.ROLLED_BACK,
            CheckpointEvent.Type.PINNED,
            CheckpointEvent.Type.UNPINNED)) {
      assertThat(audit).containsPattern("audit\\].* " + type + " checkpoint ");
    }
    assertThat(audit).doesNotContain(ADMIN, PREDICT);
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(events())
                    .containsExactly(
                        CheckpointEvent.Type.PROMOTED,
                        CheckpointEvent.Type.ROLLED_BACK,
                        CheckpointEvent.Type.PINNED,
                        CheckpointEvent.Type.UNPINNED));

    broker.send(Topics.CHECKPOINTS, "{\"type\":\"FROM_THE_FUTURE\",\"run\":\"run\"}".getBytes());
    broker.send(Topics.CHECKPOINTS, "{\"run\":\"run\"}".getBytes());
    await().until(() -> broker.values(Topics.DEAD_LETTERS).size() == 2);
    assertThat(broker.values(Topics.DEAD_LETTERS))
        .allSatisfy(value -> assertThat(new String(value)).isEqualTo("{\"run\":\"run\"}"));
  }

  @Test
  void controlNeedsTheAdminTokenAndWithoutOneItIsOff() throws Exception {
    for (String path :
        List.of("/v1/checkpoints/x/promote", "/v1/rollback", "/v1/pin", "/v1/unpin")) {
      assertProblem(send(guarded, path, null), 401, "Authorization: Bearer");
      assertProblem(send(guarded, path, "Bearer " + PREDICT), 401, "not the one");
      assertProblem(send(guarded, path, "Basic " + ADMIN), 401, "Authorization: Bearer");
      assertThat(send(guarded, path, null).headers().firstValue("WWW-Authenticate"))
          .hasValue("Bearer");
      assertProblem(send(open, path, "Bearer " + ADMIN), 403, "MILLRACE_INFERENCE_ADMIN_TOKEN");
    }
    assertThat(open.log()).contains("set MILLRACE_INFERENCE_ADMIN_TOKEN to a secret");
    assertProblem(
        send(guarded, "/v1/checkpoints/epoch-9/promote", "Bearer " + ADMIN), 404, "epoch-9");
    assertProblem(
        send(guarded, "/v1/checkpoints/%s/promote?run=other".formatted(FIRST), "bearer " + ADMIN),
        404,
        "run other");
  }

  @Test
  void predictionsNeedTheirTokenOverAllProtocolsWhateverTheSpellingOfThePath() throws Exception {
    byte[] pixels = Checkpoints.pixels(1);
    assertThat(send(guarded, "/v1/predict", pixels, "Bearer " + PREDICT).statusCode())
        .isEqualTo(200);
    for (String path :
        List.of(
            "/v1/predict", "/v1/predict/", "/v1/predict;a=b", "//v1/predict", "/v1/pr%65dict")) {
      assertThat(send(guarded, path, pixels, null).statusCode()).as(path).isIn(401, 404);
    }
    HttpResponse<String> refused =
        send(guarded, "/v2/models/tinyimagenet/infer", "{}".getBytes(), "Bearer wrong");
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(JSON.readTree(refused.body()).path("error").asText()).contains("not the one");
    assertThat(guarded.get("/v2/models/tinyimagenet").statusCode()).isEqualTo(200);

    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("localhost", InferenceProcess.grpcPort(guarded))
            .usePlaintext()
            .build();
    GRPCInferenceServiceBlockingStub grpc = GRPCInferenceServiceGrpc.newBlockingStub(channel);
    assertThat(grpc.serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isTrue();
    assertThat(status(grpc)).isEqualTo(Status.Code.UNAUTHENTICATED);
    Metadata metadata = new Metadata();
    metadata.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + PREDICT);
    assertThat(status(grpc.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata))))
        .isEqualTo(Status.Code.OK);
    channel.shutdownNow();
  }

  @Test
  void theMetricsTellHowFarTheModelIsBehindTheStream() throws Exception {
    double before = lag();
    broker.send(Split.TRAIN.topic(), new byte[100][10]);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> lag() >= 60 && lag() > (Double.isNaN(before) ? 0 : before));
    // The test's checkpoints are of January, the records of now.
    assertThat(guarded.metric("millrace_inference_stream_lag_seconds")).isGreaterThan(86_400);
  }

  private static double lag() throws Exception {
    return guarded.metric("millrace_inference_stream_lag_records");
  }

  private static List<CheckpointEvent.Type> events() {
    List<CheckpointEvent.Type> types = new ArrayList<>();
    for (byte[] value : broker.values(Topics.CHECKPOINTS)) {
      CheckpointEvent event = Json.read(value, CheckpointEvent.class);
      assertThat(event.run()).isEqualTo("run");
      types.add(event.type());
    }
    return types;
  }

  private static Status.Code status(GRPCInferenceServiceBlockingStub grpc) {
    try {
      grpc.modelInfer(
          ModelInferRequest.newBuilder()
              .setModelName("tinyimagenet")
              .addInputs(
                  InferInputTensor.newBuilder()
                      .setName("images")
                      .setDatatype("UINT8")
                      .addAllShape(List.of(1L, 3L, 32L, 32L)))
              .addRawInputContents(ByteString.copyFrom(Checkpoints.pixels(1)))
              .build());
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  private static JsonNode control(String path, int status) throws Exception {
    HttpResponse<String> response = send(guarded, path, "Bearer " + ADMIN);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return JSON.readTree(response.body());
  }

  private static HttpResponse<String> send(
      ServiceProcess service, String path, String authorization) throws Exception {
    return send(service, path, new byte[0], authorization);
  }

  private static HttpResponse<String> send(
      ServiceProcess service, String path, byte[] body, String authorization) throws Exception {
    return authorization == null
        ? service.post(path, RAW, body)
        : service.post(path, RAW, body, "Authorization", authorization);
  }

  private static String served() throws Exception {
    return JSON.readTree(
            send(guarded, "/v1/predict", Checkpoints.pixels(1), "Bearer " + PREDICT).body())
        .path("checkpoint")
        .asText();
  }

  /** It polls once an hour: an event must have told it. */
  private static void awaitOpenServes(String checkpoint) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                JSON.readTree(open.post("/v1/predict", RAW, Checkpoints.pixels(1)).body())
                    .path("checkpoint")
                    .asText()
                    .equals(checkpoint));
  }
}
