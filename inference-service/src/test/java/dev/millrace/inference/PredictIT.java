package dev.millrace.inference;

import static dev.millrace.inference.PredictAnswers.answer;
import static dev.millrace.inference.PredictAnswers.assertProblem;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.checkpoint.Checkpoint;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.testing.ServiceProcess;
import dev.millrace.testing.TestImages;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The built service over HTTP, with a checkpoint from a real S3 server. */
class PredictIT {
  private static final String RAW = "application/octet-stream";

  private static Checkpoint checkpoint;
  private static ServiceProcess service;

  @BeforeAll
  static void start() throws Exception {
    ServedCheckpoint served = ServedCheckpoint.shared();
    checkpoint = served.checkpoint();
    service = served.service();
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
    assertThat(answer.path("checkpoint").asText()).isEqualTo("epoch-0000000002-step-0000000782");
    assertThat(answer.path("epoch").asInt()).isEqualTo(2);
    assertThat(answer.path("step").asLong()).isEqualTo(782);
    assertThat(answer.path("trainedThrough").path("0").asLong()).isEqualTo(784);
    assertThat(answer.has("note")).isFalse();
  }

  @Test
  void aPictureIsResizedAndTheAnswerSaysSo() throws Exception {
    JsonNode png = answer(service.post("/v1/predict", "image/png", TestImages.png(640, 480)));
    assertThat(png.path("predictions")).hasSize(5);
    assertThat(png.path("note").asText()).isEqualTo("resized from 640x480 to 32x32");

    JsonNode jpeg =
        answer(service.post("/v1/predict?top=1", "image/jpeg", TestImages.jpeg(32, 32)));
    assertThat(jpeg.path("predictions")).hasSize(1);
    assertThat(jpeg.has("note")).isFalse();
  }

  @Test
  void aFormsImageIsTheSameImage() throws Exception {
    byte[] png = TestImages.png(50, 50);
    JsonNode direct = answer(service.post("/v1/predict", "image/png", png));

    JsonNode form =
        answer(
            service.post(
                "/v1/predict",
                "multipart/form-data; boundary=XX",
                TestImages.form("XX", "image", "x.png", "image/png", png)));

    assertThat(form).isEqualTo(direct);
  }

  @Test
  void theFirstBytesDecideWhateverTheContentTypeSays() throws Exception {
    byte[] png = TestImages.png(50, 50);
    byte[] form = TestImages.form("XX", "file", "x.png", "text/plain", png);
    JsonNode expected = answer(service.post("/v1/predict", "image/png", png));
    for (String type :
        Arrays.asList(
            null,
            "",
            RAW,
            "image/webp",
            "image/*",
            "text/plain",
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "multipart/form-data; boundary=XX",
            "not a type",
            "[]/png")) {
      assertThat(answer(service.post("/v1/predict", type, png))).as(type).isEqualTo(expected);
      assertThat(answer(service.post("/v1/predict", type, form))).as(type).isEqualTo(expected);
    }
    byte[] pixels = Checkpoints.pixels(1);
    JsonNode raw = answer(service.post("/v1/predict", RAW, pixels));
    for (String type : Arrays.asList(null, "application/x-www-form-urlencoded")) {
      assertThat(answer(service.post("/v1/predict", type, pixels))).as(type).isEqualTo(raw);
    }
  }

  @Test
  void anotherFormatIsNamed() throws Exception {
    byte[] gif = "GIF89a".getBytes(UTF_8);
    byte[] json = "{\"image\":null}".getBytes(UTF_8);
    assertProblem(service.post("/v1/predict", "image/png", gif), 415, "a GIF");
    assertProblem(service.post("/v1/predict", "application/json", json), 415, "JSON");
    byte[] form = TestImages.form("XX", "image", "x.png", "image/png", gif);
    assertProblem(
        service.post("/v1/predict", "multipart/form-data; boundary=XX", form), 415, "a GIF");
  }

  @Test
  void severalImagesOfAFormAreAnsweredInItsOrder() throws Exception {
    byte[] raw = Checkpoints.pixels(1);
    byte[] png = TestImages.png(50, 40);
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    byte[] first = TestImages.form("XX", "image", "first.raw", RAW, raw);
    form.write(first, 0, first.length - "--XX--\r\n".length());
    form.writeBytes(TestImages.form("XX", "image", "second.png", "image/png", png));

    JsonNode answer =
        answer(
            service.post(
                "/v1/predict?top=3", "multipart/form-data; boundary=XX", form.toByteArray()));

    assertThat(answer.path("images")).hasSize(2);
    assertThat(answer.at("/images/0/file").asText()).isEqualTo("first.raw");
    assertThat(answer.at("/images/0").has("note")).isFalse();
    assertThat(answer.at("/images/1/file").asText()).isEqualTo("second.png");
    assertThat(answer.at("/images/1/note").asText()).isEqualTo("resized from 50x40 to 32x32");
    assertThat(answer.path("checkpoint").asText()).isEqualTo("epoch-0000000002-step-0000000782");
    assertThat(answer.path("run").asText()).isEqualTo("run-1");
    assertThat(answer.path("epoch").asInt()).isEqualTo(2);
    assertThat(answer.path("step").asLong()).isEqualTo(782);
    assertThat(answer.path("trainedThrough").path("0").asLong()).isEqualTo(784);
    List<Double> expected = Checkpoints.probabilities(checkpoint, raw);
    assertThat(answer.at("/images/0/predictions")).hasSize(3);
    for (JsonNode prediction : answer.at("/images/0/predictions")) {
      assertThat(prediction.path("probability").asDouble())
          .isCloseTo(expected.get(prediction.path("index").asInt()), within(1e-5));
    }
  }

  @Test
  void badInputIsAnsweredWithAProblemThatNamesIt() throws Exception {
    byte[] png = TestImages.png(32, 32);
    String form = "multipart/form-data; boundary=XX";
    byte[] text = "This is a text, not a picture.".getBytes(UTF_8);

    assertProblem(service.post("/v1/predict", "image/png", new byte[0]), 400, "no image");
    assertProblem(service.post("/v1/predict", RAW, new byte[0]), 400, "no image");
    assertProblem(service.post("/v1/predict", null, new byte[0]), 400, "no image");
    assertProblem(service.post("/v1/predict", "text/plain", text), 415, "text/plain");
    assertProblem(service.post("/v1/predict", "application/json", "{}".getBytes(UTF_8)), 415, "");
    assertProblem(service.post("/v1/predict", "image/png", text), 422, "neither a PNG nor a JPEG");
    assertProblem(
        service.post(
            "/v1/predict", form, TestImages.form("XX", "image", "cat.png", "image/png", text)),
        422,
        "neither a PNG nor a JPEG");
    assertProblem(service.post("/v1/predict", form, new byte[0]), 400, "");
    assertProblem(
        service.post(
            "/v1/predict", form, TestImages.form("XX", "image", "x", "image/png", new byte[0])),
        400,
        "");
    String fileless =
        "--XX\r\n"
            + "Content-Disposition: form-data; name=\"image\"\r\n"
            + "Content-Type: []/png\r\n\r\n"
            + "x\r\n"
            + "--XX--\r\n";
    assertProblem(
        service.post("/v1/predict", form, fileless.getBytes(UTF_8)),
        422,
        "neither a PNG nor a JPEG");
    String headless = "--XX\r\nContent-Disposition\r\n\r\nx\r\n--XX--\r\n";
    assertProblem(service.post("/v1/predict", form, headless.getBytes(UTF_8)), 400, "");
    assertProblem(service.post("/v1/predict", form, text), 400, "");
    assertProblem(service.post("/v1/predict", RAW, new byte[3071]), 422, "3072 bytes");
    assertProblem(
        service.post("/v1/predict", "image/png", Arrays.copyOf(png, png.length / 2)),
        422,
        "truncated");
    for (String top : List.of("0", "-1", "five", "99999999999")) {
      assertProblem(service.post("/v1/predict?top=" + top, "image/png", png), 400, "top is");
    }
    assertProblem(service.get("/v1/predict"), 405, "");
    assertProblem(service.get("/v1/nothing"), 404, "");
  }

  @Test
  void healthMetricsAndOpenApiAreThere() throws Exception {
    service.post("/v1/predict", "text/plain", new byte[1]);
    assertThat(service.get("/q/health/live").statusCode()).isEqualTo(200);
    assertThat(service.get("/q/health/ready").body())
        .contains("epoch-0000000002-step-0000000782", "away; S3 is asked every 1 s instead");
    assertThat(service.get("/q/metrics").body())
        .contains(
            "http_server_requests_seconds_bucket{",
            "uri=\"/v1/predict\"",
            "outcome=\"CLIENT_ERROR\"",
            "millrace_inference_reloads_total{result=\"serving\"} 1.0",
            "millrace_inference_forward_seconds_count");
    assertThat(service.get("/q/openapi").body()).contains("/v1/predict", "/v1/checkpoints");
  }
}
