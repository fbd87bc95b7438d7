package dev.millrace.inference;

import static dev.millrace.inference.PredictAnswers.answer;
import static dev.millrace.inference.PredictAnswers.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.inference.reload.Checkpoints;
import dev.millrace.testing.ServiceProcess;
import dev.millrace.testing.TestImages;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Large and many requests over HTTP: what is refused, how fast, and what memory it takes. */
class PredictLimitsIT {
  private static final String RAW = "application/octet-stream";

  /** Of its own, for its memory is looked at. */
  private static ServedCheckpoint served;

  private static ServiceProcess service;

  @BeforeAll
  static void start() throws Exception {
    served = ServedCheckpoint.start("PredictLimitsIT");
    service = served.service();
  }

  @AfterAll
  static void stop() throws Exception {
    served.close();
  }

  @Test
  void aBodyOverTheLimitIsRefusedInAllWaysOfSendingIt() throws Exception {
    byte[] zeros = new byte[10_000_000];

    assertProblem(service.post("/v1/predict", "image/png", zeros), 413, "8388608");
    assertProblem(service.post("/v1/predict", RAW, zeros), 413, "8388608");
    assertProblem(
        service.post(
            "/v1/predict",
            "multipart/form-data; boundary=XX",
            TestImages.form("XX", "image", "x.png", "image/png", zeros)),
        413,
        "");
    BodyPublisher unannounced = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(zeros));
    assertProblem(service.post("/v1/predict", "image/png", unannounced), 413, "");
    BodyPublisher formUnannounced =
        BodyPublishers.ofInputStream(
            () ->
                new ByteArrayInputStream(
                    TestImages.form("XX", "image", "x.png", "image/png", zeros)));
    assertProblem(
        service.post("/v1/predict", "multipart/form-data; boundary=XX", formUnannounced), 413, "");
  }

  @Test
  void aHugePictureIsRefusedWithinASecondAndMemoryStaysFlat() throws Exception {
    byte[] bomb = TestImages.blackPng(30_000, 30_000);
    assertThat(bomb.length).isLessThan(1 << 20);
    answer(service.post("/v1/predict", "image/png", TestImages.png(64, 64)));
    long before = InferenceProcess.residentBytes(service);

    for (int i = 0; i < 20; i++) {
      long begin = System.nanoTime();
      assertProblem(service.post("/v1/predict", "image/png", bomb), 413, "30000x30000");
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(1));
    }

    assertThat(InferenceProcess.residentBytes(service) - before).isLessThan(40L << 20);
  }

  @Test
  void aLargePictureThatIsTakenNeedsLittleMemory() throws Exception {
    byte[] large = TestImages.blackPng(5_600, 5_600);
    long before = InferenceProcess.residentBytes(service);

    JsonNode answer = answer(service.post("/v1/predict", "image/png", large));

    assertThat(answer.path("note").asText()).isEqualTo("resized from 5600x5600 to 32x32");
    assertThat(InferenceProcess.residentBytes(service) - before).isLessThan(60L << 20);
  }

  @Test
  void manyLargeUploadsAtOnceAreAnsweredOrToldToComeBack() throws Exception {
    byte[] eightMegabytes = new byte[8_000_000];
    ExecutorService clients = Executors.newFixedThreadPool(24);
    try {
      List<Future<HttpResponse<String>>> responses = new ArrayList<>();
      for (int i = 0; i < 72; i++) {
        responses.add(
            clients.submit(() -> service.post("/v1/predict", "image/png", eightMegabytes)));
      }
      for (Future<HttpResponse<String>> response : responses) {
        assertThat(response.get().statusCode()).isIn(422, 503);
      }
    } finally {
      clients.shutdownNow();
    }
    answer(service.post("/v1/predict", "image/png", TestImages.png(64, 64)));
  }

  @Test
  void manyAtOnceAreAllAnsweredByTheCheckpoint() throws Exception {
    byte[] pixels = Checkpoints.pixels(5);
    JsonNode alone = answer(service.post("/v1/predict", RAW, pixels));
    ExecutorService clients = Executors.newFixedThreadPool(32);
    try {
      List<Future<HttpResponse<String>>> responses = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        responses.add(clients.submit(() -> service.post("/v1/predict", RAW, pixels)));
      }
      for (Future<HttpResponse<String>> response : responses) {
        JsonNode answer = answer(response.get());
        assertThat(answer.path("checkpoint")).isEqualTo(alone.path("checkpoint"));
        assertThat(answer.at("/predictions/0/index")).isEqualTo(alone.at("/predictions/0/index"));
      }
    } finally {
      clients.shutdownNow();
    }
  }

  @Test
  void moreThanCanWaitIsToldToComeBack() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://localhost:%d/v1/predict".formatted(service.port())))
            .header("Content-Type", RAW)
            .POST(BodyPublishers.ofByteArray(Checkpoints.pixels(6)))
            .build();
    for (Version version : Version.values()) {
      HttpClient http = HttpClient.newBuilder().version(version).build();
      List<CompletableFuture<HttpResponse<String>>> responses = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        responses.add(http.sendAsync(request, BodyHandlers.ofString()));
      }
      for (CompletableFuture<HttpResponse<String>> future : responses) {
        HttpResponse<String> response = future.get(30, TimeUnit.SECONDS);
        if (response.statusCode() != 200) {
          assertProblem(response, 503, "queue is full");
          assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
        }
      }
    }
  }
}
