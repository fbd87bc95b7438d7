package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.inference.control.CheckpointsResource;
import dev.millrace.inference.control.ControlResource;
import dev.millrace.inference.oip.rest.OipExtensionsResource;
import dev.millrace.inference.oip.rest.OipResource;
import dev.millrace.inference.predict.PredictResource;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.testing.TestImages;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import java.lang.reflect.Method;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The OpenAPI document names every endpoint, and what it shows works as it stands. */
class OpenApiIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOKEN = "an-admin-token-of-tests";
  private static final String OLD = "epoch-0000000001-step-0000000391";

  @TempDir private static Path folder;
  private static ServedCheckpoint served;
  private static JsonNode api;

  @BeforeAll
  static void start() throws Exception {
    served = ServedCheckpoint.start("OpenApiIT", "MILLRACE_INFERENCE_ADMIN_TOKEN", TOKEN);
    served.s3().store().save(Checkpoints.of("run-1", 1, 391));
    api = JSON.readTree(served.service().get("/q/openapi?format=json").body());
    Files.write(folder.resolve("cat.png"), TestImages.png(64, 48));
    Files.write(folder.resolve("ship.png"), TestImages.png(32, 32));
  }

  @AfterAll
  static void stop() throws Exception {
    served.close();
  }

  @Test
  void everyEndpointIsDocumented() {
    List<String> documented = new ArrayList<>();
    for (Entry<String, JsonNode> path : api.path("paths").properties()) {
      for (Entry<String, JsonNode> operation : path.getValue().properties()) {
        documented.add(operation.getKey() + " " + path.getKey());
        assertThat(operation.getValue().path("summary").asText()).as(path.getKey()).isNotEmpty();
      }
    }
    assertThat(documented)
        .containsAll(endpoints())
        .contains(
            "get /v1/run",
            "get /v1/run/events",
            "get /v1/run/report/{file}",
            "get /v1/run/samples");
  }

  private static List<String> endpoints() {
    List<String> endpoints = new ArrayList<>();
    for (Class<?> resource :
        List.of(
            PredictResource.class,
            CheckpointsResource.class,
            ControlResource.class,
            OipResource.class,
            OipExtensionsResource.class)) {
      String base = resource.getAnnotation(jakarta.ws.rs.Path.class).value();
      for (Method method : resource.getDeclaredMethods()) {
        jakarta.ws.rs.Path path = method.getAnnotation(jakarta.ws.rs.Path.class);
        String whole = path == null ? base : base + "/" + path.value();
        if (method.isAnnotationPresent(GET.class)) {
          endpoints.add("get " + whole);
        }
        if (method.isAnnotationPresent(POST.class)) {
          endpoints.add("post " + whole);
        }
      }
    }
    assertThat(endpoints).hasSizeGreaterThan(22);
    return endpoints;
  }

  @Test
  void everyExampleRunsAndIsAnsweredAsItsSchemaSays() throws Exception {
    assumeTrue(
        Program.succeeds("curl", "--version"),
        "SKIPPED: there is no curl, which the examples of OpenAPI use");
    // What is not there cannot be gone back to: the document may have another order than its file.
    List<String> order = new ArrayList<>();
    api.path("paths").fieldNames().forEachRemaining(order::add);
    order.sort((a, b) -> Boolean.compare(isRollback(a), isRollback(b)));
    int examples = 0;
    for (String path : order) {
      for (JsonNode operation : api.path("paths").path(path)) {
        JsonNode schema =
            resolved(operation.at("/responses/200")).at("/content/application~1json/schema");
        for (JsonNode sample : operation.path("x-codeSamples")) {
          examples++;
          boolean versioned = path.startsWith("/v2");
          String checkpoint = versioned ? served() : OLD;
          assertMatches(run(sample.path("source").asText(), checkpoint), schema, path);
          if (path.equals("/v1/unpin")) {
            await().until(() -> served().equals(served.checkpoint().manifest().id()));
          }
        }
      }
    }
    assertThat(examples).isGreaterThanOrEqualTo(24);
  }

  @Test
  void theExampleOfARequestBodyIsAnsweredByBothPathsThatTakeIt() throws Exception {
    for (String path :
        List.of("/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer")) {
      JsonNode operation = api.path("paths").path(path).path("post");
      JsonNode example =
          resolved(operation.path("requestBody")).at("/content/application~1json/example");
      String target = path.replace("{model}", "tinyimagenet").replace("{version}", served());
      HttpResponse<String> answer =
          served.service().post(target, "application/json", JSON.writeValueAsBytes(example));
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertMatches(
          JSON.readTree(answer.body()),
          resolved(operation.at("/responses/200")).at("/content/application~1json/schema"),
          path);
    }
  }

  private static boolean isRollback(String path) {
    return path.equals("/v1/rollback");
  }

  private static String served() throws Exception {
    return JSON.readTree(served.service().get("/v2/models/tinyimagenet").body())
        .at("/versions/0")
        .asText();
  }

  private static JsonNode run(String source, String checkpoint) throws Exception {
    Map<String, String> variables =
        Map.of(
            "URL",
            "http://localhost:" + served.service().port(),
            "TOKEN",
            TOKEN,
            "CHECKPOINT",
            checkpoint);
    return JSON.readTree(
        Program.output(folder, variables, "bash", "-c", "set -eo pipefail\n" + source));
  }

  /** As far as the document uses JSON Schema. */
  private static void assertMatches(JsonNode value, JsonNode schemaOrReference, String where) {
    JsonNode schema = resolved(schemaOrReference);
    assertThat(schema.isObject()).as(where + " has a schema").isTrue();
    if (schema.has("oneOf")) {
      int wanted = value.has("images") ? 1 : 0;
      assertMatches(value, schema.path("oneOf").get(wanted), where);
      return;
    }
    assertType(value, schema.path("type"), where);
    for (JsonNode name : schema.path("required")) {
      assertThat(value.has(name.asText())).as(where + " has " + name).isTrue();
    }
    for (Entry<String, JsonNode> property : value.properties()) {
      JsonNode known = schema.path("properties").path(property.getKey());
      JsonNode part = known.isMissingNode() ? schema.path("additionalProperties") : known;
      assertMatches(property.getValue(), part, where + "/" + property.getKey());
    }
    if (value.isArray() && schema.has("items")) {
      for (JsonNode element : value) {
        assertMatches(element, schema.path("items"), where + "[]");
      }
    }
  }

  private static void assertType(JsonNode value, JsonNode types, String where) {
    List<String> allowed = new ArrayList<>();
    if (types.isArray()) {
      types.forEach(type -> allowed.add(type.asText()));
    } else {
      allowed.add(types.asText());
    }
    boolean fits =
        switch (value.getNodeType()) {
          case OBJECT -> allowed.contains("object");
          case ARRAY -> allowed.contains("array");
          case BOOLEAN -> allowed.contains("boolean");
          case STRING -> allowed.contains("string");
          case NUMBER ->
              allowed.contains("number") || value.isIntegralNumber() && allowed.contains("integer");
          default -> false;
        };
    assertThat(fits).as("%s is %s; allowed: %s", where, value, allowed).isTrue();
  }

  private static JsonNode resolved(JsonNode node) {
    return node.has("$ref") ? api.at(node.path("$ref").asText().substring(1)) : node;
  }
}
