package dev.millrace.inference;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.testing.ServiceProcess;
import dev.millrace.testing.TestImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Bodies with a {@code Content-Encoding}. */
class CompressedBodyIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String INFER = "/v2/models/tinyimagenet/infer";
  private static final String PREDICT = "/v1/predict";
  private static final String RAW = "application/octet-stream";

  private static ServedCheckpoint served;
  private static ServiceProcess service;

  @BeforeAll
  static void start() throws Exception {
    served = ServedCheckpoint.shared();
    service = served.service();
  }

  @Test
  void anInflatedBodyIsAnsweredAsIfItHadComeSo() throws Exception {
    byte[] json = OipRestIT.request(served.pixels(3)).toString().getBytes(UTF_8);
    byte[] form = TestImages.form("XX", "image", "cat.png", "image/png", TestImages.png(64, 48));
    for (String encoding : List.of("gzip", "x-gzip", "GZIP", "deflate", "identity")) {
      assertSame(INFER, "application/json", json, encoding);
      assertSame(PREDICT, RAW, served.pixels(1), encoding);
      assertSame(PREDICT, "image/png", TestImages.png(64, 48), encoding);
      assertSame(PREDICT, "multipart/form-data; boundary=XX", form, encoding);
    }
  }

  private static void assertSame(String path, String type, byte[] body, String encoding)
      throws Exception {
    HttpResponse<String> plain = service.post(path, type, body);
    assertThat(plain.statusCode()).as(plain.body()).isEqualTo(200);
    HttpResponse<String> inflated =
        service.post(path, type, compressed(body, encoding), "Content-Encoding", encoding);
    assertThat(inflated.statusCode()).as(inflated.body()).isEqualTo(200);
    assertThat(inflated.body()).isEqualTo(plain.body());
  }

  @Test
  void anotherEncodingIsRefusedWithThoseThatAreTaken() throws Exception {
    for (String encoding : List.of("br", "zstd", "gzip, gzip", "deflate, gzip", "nonsense")) {
      for (String path : List.of(INFER, PREDICT)) {
        HttpResponse<String> refused =
            service.post(path, RAW, served.pixels(1), "Content-Encoding", encoding);
        assertError(refused, 415, "Content-Encoding '%s' is not taken".formatted(encoding));
        assertThat(refused.headers().firstValue("Accept-Encoding")).hasValue("gzip, deflate");
      }
    }
  }

  @Test
  void whatIsNotCompressedAsItSaysIsRefused() throws Exception {
    byte[] pixels = served.pixels(1);
    for (String encoding : List.of("gzip", "deflate")) {
      byte[] good = compressed(pixels, encoding);
      byte[] changed = good.clone();
      changed[good.length / 2] ^= 0x55;
      for (byte[] body :
          List.of(pixels, new byte[0], Arrays.copyOf(good, good.length / 2), changed)) {
        for (String path : List.of(INFER, PREDICT)) {
          HttpResponse<String> refused =
              service.post(path, RAW, body, "Content-Encoding", encoding);
          assertError(refused, 400, "not %s, as its Content-Encoding says".formatted(encoding));
        }
      }
    }
  }

  @Test
  void theLimitHoldsForTheInflatedBodyHoweverManySendOne() throws Exception {
    byte[] bomb = compressed(new byte[100_000_000], "gzip");
    assertThat(bomb.length).isLessThan(200_000);
    assertError(service.post(PREDICT, RAW, bomb, "Content-Encoding", "gzip"), 413, "8388608");
    // Together they would be ten times the heap.
    ExecutorService clients = Executors.newFixedThreadPool(16);
    try {
      List<Future<HttpResponse<byte[]>>> answers = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        answers.add(
            clients.submit(() -> service.send("POST", INFER, bomb, "Content-Encoding", "gzip")));
      }
      for (Future<HttpResponse<byte[]>> answer : answers) {
        assertThat(answer.get().statusCode()).isIn(413, 503);
      }
    } finally {
      clients.shutdownNow();
    }
    assertThat(service.post(PREDICT, RAW, served.pixels(1)).statusCode()).isEqualTo(200);
    byte[] incompressible = compressed(served.pixels(2_800), "gzip");
    assertError(
        service.post(PREDICT, RAW, incompressible, "Content-Encoding", "gzip"), 413, "8388608");
  }

  private static byte[] compressed(byte[] body, String encoding) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = compressing(bytes, encoding)) {
      out.write(body);
    }
    return bytes.toByteArray();
  }

  private static OutputStream compressing(OutputStream out, String encoding) throws IOException {
    return switch (encoding) {
      case "identity" -> out;
      case "deflate" -> new DeflaterOutputStream(out);
      default -> new GZIPOutputStream(out);
    };
  }

  private static void assertError(HttpResponse<String> response, int status, String says)
      throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode error = JSON.readTree(response.body());
    String text = error.path("error").asText() + error.path("detail").asText();
    assertThat(text).contains(says);
  }
}
