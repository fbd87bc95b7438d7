package dev.millrace.inference.http.body;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/**
 * What {@code quarkus.http.enable-decompression} does with damaged bodies: the reason for {@link
 * RequestBody} in decision record 22. If it fails after an update, the framework may do now.
 */
class FrameworkDecompressionTest {
  private static final int SIZE = 3072;

  @Test
  void aTruncatedBodyIsTakenForAWholeOneAndADamagedOneGetsNoAnswer() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      int port =
          vertx
              .createHttpServer(new HttpServerOptions().setDecompressionSupported(true))
              .requestHandler(
                  request ->
                      request
                          .body()
                          .onSuccess(body -> request.response().end("length " + body.length())))
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS)
              .actualPort();
      byte[] gzip = gzip();
      assertThat(answer(port, gzip)).contains("200 OK").endsWith("length " + SIZE);
      assertThat(answer(port, Arrays.copyOf(gzip, gzip.length / 2)))
          .contains("200 OK")
          .doesNotEndWith("length " + SIZE);
      gzip[gzip.length / 2] ^= 0x55;
      assertThat(answer(port, gzip)).isEmpty();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }

  private static byte[] gzip() throws IOException {
    byte[] body = new byte[SIZE];
    new Random(1).nextBytes(body);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(body);
    }
    return bytes.toByteArray();
  }

  private static String answer(int port, byte[] body) throws IOException {
    String head =
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: gzip\r\n"
            + "Content-Length: %d\r\n\r\n".formatted(body.length);
    try (Socket client = new Socket("127.0.0.1", port)) {
      client.setSoTimeout(10_000);
      client.getOutputStream().write(head.getBytes(US_ASCII));
      client.getOutputStream().write(body);
      return new String(client.getInputStream().readAllBytes(), US_ASCII);
    }
  }
}
