package dev.millrace.inference;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.testing.ServiceProcess;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every path and field of the Open Inference Protocol over REST. */
class OipRestIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MODEL = "/v2/models/tinyimagenet";
  private static final String VERSION = "epoch-0000000002-step-0000000782";

  private static ServedCheckpoint served;
  private static ServiceProcess service;

  @BeforeAll
  static void start() throws Exception {
    served = ServedCheckpoint.shared();
    service = served.service();
  }

  @Test
  void theServerSaysWhatItIs() throws Exception {
    JsonNode server = get("/v2", 200);
    assertThat(server.path("name").asText()).isEqualTo("millrace");
    assertThat(server.path("version").asText()).isNotEmpty();
    assertThat(texts(server.path("extensions")))
        .containsExactly(
            "binary_tensor_data", "model_configuration", "model_repository", "statistics");
    assertThat(get("/v2/health/live", 200).path("live").asBoolean()).isTrue();
    assertThat(get("/v2/health/ready", 200).path("ready").asBoolean()).isTrue();
  }

  /** As mlserver's InferenceRequest.dict() and KServe's InferRequest.to_rest() write them. */
  @Test
  void nullMembersAreAsGoodAsAbsent() throws Exception {
    ObjectNode request = request(served.pixels(1));
    byte[] plain = request.toString().getBytes(UTF_8);
    String expected = service.post(MODEL + "/infer", "application/json", plain).body();
    request.putNull("id").putNull("parameters").putNull("outputs");
    ObjectNode input = (ObjectNode) request.at("/inputs/0");
    input.putObject("parameters").put("content_type", "np").putNull("headers");
    HttpResponse<String> answer =
        service.post(MODEL + "/infer", "application/json", request.toString().getBytes(UTF_8));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(expected);
  }

  @Test
  void theModelSaysWhatItTakesAndAnswersWithAndWithoutAVersion() throws Exception {
    for (String path : List.of(MODEL, MODEL + "/versions/" + VERSION)) {
      JsonNode model = get(path, 200);
      assertThat(model.path("name").asText()).isEqualTo("tinyimagenet");
      assertThat(model.path("platform").asText()).isEqualTo("pytorch_safetensors");
      assertThat(texts(model.path("versions"))).containsExactly(VERSION);
      assertThat(model.path("inputs")).hasSize(1);
      assertTensor(model.at("/inputs/0"), "images", "UINT8", -1, 3, 32, 32);
      assertThat(model.path("outputs")).hasSize(3);
      assertTensor(model.at("/outputs/0"), "logits", "FP32", -1, 10);
      assertTensor(model.at("/outputs/1"), "probabilities", "FP32", -1, 10);
      assertTensor(model.at("/outputs/2"), "labels", "BYTES", -1);
      JsonNode ready = get(path + "/ready", 200);
      assertThat(ready.path("name").asText()).isEqualTo("tinyimagenet");
      assertThat(ready.path("ready").asBoolean()).isTrue();
    }
  }

  @Test
  void anInferenceHasEveryFieldAndTheLogitsOfItsCheckpoint() throws Exception {
    byte[] pixels = served.pixels(2);
    for (String path : List.of(MODEL, MODEL + "/versions/" + VERSION)) {
      JsonNode answer = infer(path, request(pixels).put("id", "42"));

      assertThat(answer.path("model_name").asText()).isEqualTo("tinyimagenet");
      assertThat(answer.path("model_version").asText()).isEqualTo(VERSION);
      assertThat(answer.path("id").asText()).isEqualTo("42");
      assertThat(answer.at("/parameters/run").asText()).isEqualTo("run-1");
      assertThat(answer.at("/parameters/checkpoint").asText()).isEqualTo(VERSION);
      assertThat(answer.at("/parameters/epoch").asInt()).isEqualTo(2);
      assertThat(answer.at("/parameters/step").asLong()).isEqualTo(782);
      assertThat(answer.at("/parameters/trained_through.0").asLong()).isEqualTo(784);
      assertThat(answer.path("outputs")).hasSize(3);
      assertTensor(answer.at("/outputs/0"), "logits", "FP32", 2, 10);
      assertTensor(answer.at("/outputs/1"), "probabilities", "FP32", 2, 10);
      assertTensor(answer.at("/outputs/2"), "labels", "BYTES", 2);
      served.assertLogits(pixels, doubles(answer.at("/outputs/0/data")));
      assertThat(texts(answer.at("/outputs/2/data"))).isEqualTo(served.labels(pixels));
      double sum = doubles(answer.at("/outputs/1/data")).stream().mapToDouble(p -> p).sum();
      assertThat(sum).isCloseTo(2, within(1e-5));
    }
  }

  @Test
  void onlyTheOutputsThatAreAskedForAreAnsweredAndTheIdOnlyIfGiven() throws Exception {
    ObjectNode request = request(served.pixels(1));
    request.putArray("outputs").addObject().put("name", "labels");
    JsonNode answer = infer(MODEL, request);
    assertThat(answer.path("outputs")).hasSize(1);
    assertThat(answer.at("/outputs/0/name").asText()).isEqualTo("labels");
    assertThat(answer.has("id")).isFalse();
  }

  @Test
  void nestedFloatsAreTheSameImage() throws Exception {
    byte[] pixels = served.pixels(1);
    ObjectNode request = request(pixels);
    ObjectNode input = (ObjectNode) request.at("/inputs/0");
    input.put("datatype", "FP32");
    ArrayNode planes = input.putArray("data").addArray();
    for (int c = 0; c < 3; c++) {
      ArrayNode plane = planes.addArray();
      for (int y = 0; y < 32; y++) {
        ArrayNode row = plane.addArray();
        for (int x = 0; x < 32; x++) {
          row.add((float) (pixels[(c * 32 + y) * 32 + x] & 255));
        }
      }
    }
    served.assertLogits(pixels, doubles(infer(MODEL, request).at("/outputs/0/data")));
  }

  @Test
  void theBinaryExtensionWorksBothWays() throws Exception {
    byte[] pixels = served.pixels(2);
    String json =
        "{\"id\":\"b\",\"inputs\":[{\"name\":\"images\",\"datatype\":\"UINT8\",\"shape\":[2,3,32,32],"
            + "\"parameters\":{\"binary_data_size\":6144}}],\"outputs\":["
            + "{\"name\":\"labels\",\"parameters\":{\"binary_data\":true}},"
            + "{\"name\":\"probabilities\"},"
            + "{\"name\":\"logits\",\"parameters\":{\"binary_data\":true}}]}";
    HttpResponse<byte[]> response = binary(json, pixels);

    assertThat(response.statusCode()).as(new String(response.body(), UTF_8)).isEqualTo(200);
    int length =
        Integer.parseInt(
            response.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
    JsonNode head = JSON.readTree(Arrays.copyOf(response.body(), length));
    assertThat(head.path("id").asText()).isEqualTo("b");
    int labelBytes = head.at("/outputs/0/parameters/binary_data_size").asInt();
    assertThat(head.at("/outputs/0").has("data")).isFalse();
    assertThat(head.at("/outputs/1/data")).hasSize(20);
    assertThat(head.at("/outputs/2/parameters/binary_data_size").asInt()).isEqualTo(80);
    ByteBuffer tensors = ByteBuffer.wrap(response.body()).order(ByteOrder.LITTLE_ENDIAN);
    tensors.position(length);
    for (String label : served.labels(pixels)) {
      byte[] text = new byte[tensors.getInt()];
      tensors.get(text);
      assertThat(new String(text, UTF_8)).isEqualTo(label);
    }
    assertThat(tensors.position()).isEqualTo(length + labelBytes);
    List<Double> logits = new java.util.ArrayList<>();
    while (tensors.hasRemaining()) {
      logits.add((double) tensors.getFloat());
    }
    served.assertLogits(pixels, logits);
  }

  @Test
  void whatIsWrongIsAnErrorOfTheClients() throws Exception {
    ObjectNode good = request(served.pixels(1));
    assertError(post(MODEL + "/infer", "{"), 400, "not JSON");
    assertError(post(MODEL + "/infer", "{}"), 400, "no inputs");
    assertError(post(MODEL + "/infer", ""), 400, "");
    assertError(post("/v2/models/resnet/infer", good.toString()), 404, "'resnet' is unknown");
    assertError(
        post(MODEL + "/versions/1/infer", good.toString()), 404, "checkpoint 1 does not serve");
    assertError(post(MODEL + "/version/1/infer", good.toString()), 404, "");
    assertError(service.get("/v2/models/resnet"), 404, "'resnet'");
    assertError(service.get("/v2/models/resnet/ready"), 404, "'resnet'");
    assertError(service.get(MODEL + "/versions/7"), 404, "checkpoint 7");
    assertError(service.get(MODEL + "/versions/7/ready"), 404, "checkpoint 7");
    for (String path :
        List.of(
            "/v2/nothing",
            "/v2/health",
            "/v2/logging",
            MODEL + "/trace/setting",
            "/v2/systemsharedmemory/status")) {
      assertError(service.get(path), 404, "there is no endpoint at " + path);
      assertError(service.get(path), 404, "there are /v2, /v2/health/live");
    }
    assertError(service.get(MODEL + "/infer"), 405, "GET is not allowed at " + MODEL + "/infer");
    assertError(service.get("/v2/repository/index"), 405, "POST");
    assertError(post("/v2/health/live", ""), 405, "POST is not allowed");
    assertThat(service.get(MODEL + "/infer").headers().firstValue("Allow"))
        .hasValueSatisfying(allowed -> assertThat(allowed).contains("POST"));
    assertError(service.post(MODEL + "/infer", "no type", new byte[1]), 400, "not JSON");
    assertError(service.post(MODEL + "/infer", "application/json", new byte[9_000_000]), 413, "");
    good.withObject("/parameters").put("timeout", -1);
    assertError(post(MODEL + "/infer", good.toString()), 400, "-1 microseconds");
    HttpResponse<byte[]> timeout =
        service.send(
            "POST",
            MODEL + "/infer",
            request(served.pixels(1)).toString().getBytes(UTF_8),
            "X-Request-Timeout-Ms",
            "soon");
    assertThat(timeout.statusCode()).isEqualTo(400);
    assertThat(new String(timeout.body(), UTF_8)).contains("'soon'");
  }

  @Test
  void aBodyWithoutItsTypeOrWithCurlsIsTaken() throws Exception {
    byte[] body = request(served.pixels(1)).toString().getBytes(UTF_8);
    for (String type :
        new String[] {null, "application/x-www-form-urlencoded", "text/plain", "no type"}) {
      assertThat(service.post(MODEL + "/infer", type, body).statusCode()).isEqualTo(200);
    }
  }

  private static HttpResponse<byte[]> binary(String json, byte[] tensor) throws Exception {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(json.getBytes(UTF_8));
    int length = body.size();
    body.writeBytes(tensor);
    return service.send(
        "POST",
        MODEL + "/infer",
        body.toByteArray(),
        "Inference-Header-Content-Length",
        Integer.toString(length),
        "Content-Type",
        "application/octet-stream");
  }

  static ObjectNode request(byte[] pixels) {
    ObjectNode request = JSON.createObjectNode();
    ObjectNode input = request.putArray("inputs").addObject();
    input.put("name", "images").put("datatype", "UINT8");
    input.putArray("shape").add(pixels.length / 3072).add(3).add(32).add(32);
    ArrayNode data = input.putArray("data");
    for (byte pixel : pixels) {
      data.add(pixel & 255);
    }
    return request;
  }

  private static JsonNode infer(String path, ObjectNode request) throws Exception {
    HttpResponse<String> response = post(path + "/infer", request.toString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private static HttpResponse<String> post(String path, String body) throws Exception {
    return service.post(path, "application/json", body.getBytes(UTF_8));
  }

  private static JsonNode get(String path, int status) throws Exception {
    HttpResponse<String> response = service.get(path);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return JSON.readTree(response.body());
  }

  private static void assertError(HttpResponse<String> response, int status, String says)
      throws IOException {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode error = JSON.readTree(response.body());
    assertThat(error.size()).as(response.body()).isEqualTo(1);
    assertThat(error.path("error").asText()).isNotEmpty().contains(says);
  }

  private static void assertTensor(
      JsonNode tensor, String name, String datatype, Integer... shape) {
    assertThat(tensor.path("name").asText()).isEqualTo(name);
    assertThat(tensor.path("datatype").asText()).isEqualTo(datatype);
    assertThat(JSON.convertValue(tensor.path("shape"), Integer[].class)).containsExactly(shape);
  }

  private static List<String> texts(JsonNode array) {
    return Arrays.asList(JSON.convertValue(array, String[].class));
  }

  private static List<Double> doubles(JsonNode array) {
    return Arrays.asList(JSON.convertValue(array, Double[].class));
  }
}
