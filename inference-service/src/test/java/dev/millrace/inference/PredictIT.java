package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.inference.serving.Checkpoints;
import dev.millrace.model.Checkpoint;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built service over HTTP, with a checkpoint from a real S3 server. */
class PredictIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RAW = "application/octet-stream";

  @TempDir private static Path home;
  private static S3Server s3;
  private static Checkpoint checkpoint;
  private static ServiceProcess service;

  @BeforeAll
  static void start() throws Exception {
    s3 = S3Server.start(home, 0);
    checkpoint = Checkpoints.saveBest(s3.store(), "run-1", 2, 782);
    service =
        ServiceProcess.launch(
            Path.of("target", "PredictIT.log"),
            ServiceProcess.settings(s3.endpoint(), "localhost:1"));
    service.awaitStatus("/q/health/ready", 200);
  }

  @AfterAll
  static void stop() throws Exception {
    if (service != null) {
      service.close();
    }
    s3.close();
  }

  @Test
  void rawPixelsGetTheProbabilitiesOfTheCheckpointThatIsNamed() throws Exception {
    byte[] pixels = Checkpoints.pixels(1);
    List<Double> expected = Checkpoints.probabilities(checkpoint, pixels);

    JsonNode answer = answer(service.post("/v1/predict?top=10", RAW, pixels));

    assertThat(answer.path("predictions")).hasSize(10);
    for (JsonNode prediction : answer.path("predictions")) {
      int index = prediction.path("index").asInt();
      assertThat(prediction.path("label").asText()).isEqualTo(Checkpoints.CLASSES.get(index));
      assertThat(prediction.path("probability").asDouble())
          .isCloseTo(expected.get(index), within(1e-6));
    }
    assertThat(answer.path("model").asText()).isEqualTo("tinyimagenet");
    assertThat(answer.path("run").asText()).isEqualTo("run-1");
    assertThat(answer.path("checkpoint").asText()).isEqualTo("epoch-0002-step-00000782");
    assertThat(answer.path("epoch").asInt()).isEqualTo(2);
    assertThat(answer.path("step").asLong()).isEqualTo(782);
    assertThat(answer.path("trainedThrough").path("0").asLong()).isEqualTo(784);
    assertThat(answer.has("note")).isFalse();
  }

  private static JsonNode answer(HttpResponse<String> response) throws IOException {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }
}
