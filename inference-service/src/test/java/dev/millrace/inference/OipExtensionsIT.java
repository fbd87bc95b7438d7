package dev.millrace.inference;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.inference.grpc.DataType;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc;
import dev.millrace.inference.grpc.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.millrace.inference.grpc.ModelConfig;
import dev.millrace.inference.grpc.ModelConfigRequest;
import dev.millrace.inference.grpc.ModelStatistics;
import dev.millrace.inference.grpc.ModelStatisticsRequest;
import dev.millrace.inference.grpc.RepositoryIndexRequest;
import dev.millrace.inference.grpc.RepositoryModelLoadRequest;
import dev.millrace.inference.grpc.RepositoryModelUnloadRequest;
import dev.millrace.protocol.run.BestCheckpoint;
import dev.millrace.testing.ServiceProcess;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.http.HttpResponse;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The extensions of the Open Inference Protocol: statistics, model configuration and repository.
 */
class OipExtensionsIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MODEL = "/v2/models/tinyimagenet";
  private static final String VERSION = "epoch-0000000002-step-0000000782";

  /** Started for this test alone, because it counts requests. */
  private static ServedCheckpoint served;

  private static ServiceProcess service;
  private static ManagedChannel channel;
  private static GRPCInferenceServiceBlockingStub grpc;

  @BeforeAll
  static void start() throws Exception {
    served =
        ServedCheckpoint.start(
            "OipExtensionsIT",
            "MILLRACE_INFERENCE_MAX_BATCH_IMAGES",
            "32",
            "MILLRACE_INFERENCE_MAX_BATCH_DELAY_MICROS",
            "100");
    service = served.service();
    channel =
        ManagedChannelBuilder.forAddress("localhost", InferenceProcess.grpcPort(service))
            .usePlaintext()
            .build();
    grpc = GRPCInferenceServiceGrpc.newBlockingStub(channel);
  }

  @AfterAll
  static void stop() throws Exception {
    channel.shutdownNow();
    served.close();
  }

  @Test
  void statisticsCountRequestsImagesAndPasses() throws Exception {
    JsonNode before = get(MODEL + "/stats").at("/model_stats/0");
    Instant begin = Instant.now();
    infer(served.pixels(1));
    infer(served.pixels(3));
    JsonNode stats = get(MODEL + "/stats");

    JsonNode model = stats.at("/model_stats/0");
    assertThat(model.path("name").asText()).isEqualTo("tinyimagenet");
    assertThat(model.path("version").asText()).isEqualTo(VERSION);
    assertThat(model.path("last_inference").asLong())
        .isBetween(begin.toEpochMilli(), Instant.now().toEpochMilli());
    assertThat(more(before, model, "/inference_count")).isEqualTo(4);
    assertThat(more(before, model, "/execution_count")).isEqualTo(2);
    for (String part :
        new String[] {"success", "queue", "compute_input", "compute_infer", "compute_output"}) {
      assertThat(more(before, model, "/inference_stats/" + part + "/count")).as(part).isEqualTo(2);
      assertThat(more(before, model, "/inference_stats/" + part + "/ns")).as(part).isPositive();
    }
    assertThat(more(before, model, "/inference_stats/success/ns"))
        .isGreaterThan(more(before, model, "/inference_stats/compute_infer/ns"));
    assertThat(model.at("/inference_stats/cache_hit/count").asLong()).isZero();
    assertThat(model.at("/inference_stats/cache_miss/ns").isIntegralNumber()).isTrue();
    assertThat(model.path("batch_stats").findValuesAsText("batch_size")).contains("1", "3");
    assertThat(model.at("/batch_stats/0/compute_infer/count").asLong()).isPositive();

    assertThat(get("/v2/models/stats")).isEqualTo(stats);
    assertThat(get(MODEL + "/versions/" + VERSION + "/stats")).isEqualTo(stats);
    assertError("/v2/models/resnet/stats", 404, "'resnet' is unknown");
    assertError(MODEL + "/versions/7/stats", 404, "checkpoint 7 does not serve");
    assertSame(
        grpc.modelStatistics(ModelStatisticsRequest.getDefaultInstance()).getModelStats(0), model);
  }

  private static void assertSame(ModelStatistics message, JsonNode json) {
    assertThat(message.getVersion()).isEqualTo(json.path("version").asText());
    assertThat(message.getLastInference()).isEqualTo(json.path("last_inference").asLong());
    assertThat(message.getInferenceCount()).isEqualTo(json.path("inference_count").asLong());
    assertThat(message.getExecutionCount()).isEqualTo(json.path("execution_count").asLong());
    assertThat(message.getInferenceStats().getComputeInfer().getNs())
        .isEqualTo(json.at("/inference_stats/compute_infer/ns").asLong());
    assertThat(message.getInferenceStats().getQueue().getNs())
        .isEqualTo(json.at("/inference_stats/queue/ns").asLong());
    assertThat(message.getBatchStatsCount()).isEqualTo(json.path("batch_stats").size());
    assertThat(message.getBatchStats(0).getBatchSize())
        .isEqualTo(json.at("/batch_stats/0/batch_size").asLong());
  }

  private static long more(JsonNode before, JsonNode after, String pointer) {
    return after.at(pointer).asLong() - before.at(pointer).asLong();
  }

  @Test
  void theConfigurationSaysHowTheModelIsServed() throws Exception {
    JsonNode config = get(MODEL + "/config");
    assertThat(config.path("name").asText()).isEqualTo("tinyimagenet");
    assertThat(config.path("platform").asText()).isEqualTo("pytorch_safetensors");
    assertThat(config.path("backend").asText()).isEqualTo("millrace");
    assertThat(config.path("max_batch_size").asInt()).isEqualTo(32);
    assertThat(config.at("/dynamic_batching/max_queue_delay_microseconds").asInt()).isEqualTo(100);
    assertThat(config.path("input").toString())
        .isEqualTo(
            "[{\"name\":\"images\",\"data_type\":\"TYPE_UINT8\",\"format\":\"FORMAT_NCHW\",\"dims\":[3,32,32]}]");
    assertThat(config.path("output").toString())
        .isEqualTo(
            "[{\"name\":\"logits\",\"data_type\":\"TYPE_FP32\",\"dims\":[10]},"
                + "{\"name\":\"probabilities\",\"data_type\":\"TYPE_FP32\",\"dims\":[10]},"
                + "{\"name\":\"labels\",\"data_type\":\"TYPE_STRING\",\"dims\":[1],\"reshape\":{\"shape\":[]}}]");
    assertThat(config.at("/parameters/run/string_value").asText()).isEqualTo("run-1");
    assertThat(get(MODEL + "/versions/" + VERSION + "/config")).isEqualTo(config);
    assertError("/v2/models/resnet/config", 404, "'resnet' is unknown");
    assertError(MODEL + "/versions/7/config", 404, "checkpoint 7 does not serve");

    ModelConfig message =
        grpc.modelConfig(ModelConfigRequest.newBuilder().setName("tinyimagenet").build())
            .getConfig();
    assertThat(message.getMaxBatchSize()).isEqualTo(32);
    assertThat(message.getInput(0).getDimsList()).containsExactly(3L, 32L, 32L);
    assertThat(message.getOutput(2).getDataType()).isEqualTo(DataType.TYPE_STRING);
    assertThat(message.getOutput(2).hasReshape()).isTrue();
    assertThat(message.getDynamicBatching().getMaxQueueDelayMicroseconds()).isEqualTo(100);
  }

  @Test
  void theRepositoryHasWhatServesAndWhatWasRefused() throws Exception {
    JsonNode ready = index("{\"ready\":true}");
    assertThat(ready.toString())
        .isEqualTo(
            "[{\"name\":\"tinyimagenet\",\"version\":\"%s\",\"state\":\"READY\",\"reason\":\"\"}]"
                .formatted(VERSION));
    for (String body : new String[] {"", "{}", "{\"ready\":null}", "{\"ready\":false}"}) {
      assertThat(index(body).get(0)).as(body).isEqualTo(ready.get(0));
    }
    HttpResponse<String> wrong =
        service.post("/v2/repository/index", "application/json", "{\"ready\":7}".getBytes(UTF_8));
    assertThat(wrong.statusCode()).isEqualTo(400);
    assertThat(wrong.body()).contains("ready is 7; it must be true or false");

    served
        .s3()
        .store()
        .offerBest(
            new BestCheckpoint(
                BestCheckpoint.SCHEMA, "run-1", "epoch-0000000009-step-0000000001", 9, 1, 0.99));
    await().until(() -> index("{}").size() == 2);
    assertThat(index("{}").at("/1/version").asText()).isEqualTo("epoch-0000000009-step-0000000001");
    assertThat(index("{}").at("/1/state").asText()).isEqualTo("UNAVAILABLE");
    assertThat(index("{}").at("/1/reason").asText()).contains("manifest.json is missing");
    assertThat(index("{\"ready\":true}")).isEqualTo(ready);
    assertThat(grpc.repositoryIndex(RepositoryIndexRequest.getDefaultInstance()).getModelsList())
        .extracting(entry -> entry.getVersion() + " " + entry.getState())
        .containsExactly(VERSION + " READY", "epoch-0000000009-step-0000000001 UNAVAILABLE");
  }

  @Test
  void loadingAndUnloadingAreRefusedWithTheReason() throws Exception {
    for (String verb : new String[] {"load", "unload"}) {
      HttpResponse<String> answer =
          service.post("/v2/repository/models/tinyimagenet/" + verb, null, new byte[0]);
      assertThat(answer.statusCode()).isEqualTo(501);
      assertThat(JSON.readTree(answer.body()).path("error").asText())
          .contains("'tinyimagenet' cannot be loaded or unloaded", "promote");
    }
    var load = RepositoryModelLoadRequest.newBuilder().setModelName("tinyimagenet").build();
    var unload = RepositoryModelUnloadRequest.newBuilder().setModelName("tinyimagenet").build();
    assertUnimplemented(() -> grpc.repositoryModelLoad(load));
    assertUnimplemented(() -> grpc.repositoryModelUnload(unload));
  }

  private static void assertUnimplemented(Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED))
        .hasMessageContaining("promote");
  }

  private static void infer(byte[] pixels) throws Exception {
    HttpResponse<String> answer =
        service.post(
            MODEL + "/infer",
            "application/json",
            OipRestIT.request(pixels).toString().getBytes(UTF_8));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  private static JsonNode index(String body) throws Exception {
    HttpResponse<String> answer =
        service.post("/v2/repository/index", "application/json", body.getBytes(UTF_8));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static JsonNode get(String path) throws Exception {
    HttpResponse<String> answer = service.get(path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static void assertError(String path, int status, String says) throws Exception {
    HttpResponse<String> answer = service.get(path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(JSON.readTree(answer.body()).path("error").asText()).contains(says);
  }
}
