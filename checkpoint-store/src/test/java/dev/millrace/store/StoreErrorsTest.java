package dev.millrace.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpExchange;
import dev.millrace.store.StubS3.Answer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests which store failures end a service, which are retried, and the message for each. */
class StoreErrorsTest {
  private static final byte[] CONTENT = {1};

  @ParameterizedTest
  @CsvSource({
    "403, SignatureDoesNotMatch, MILLRACE_S3_SECRET_KEY",
    "403, InvalidAccessKeyId, MILLRACE_S3_ACCESS_KEY",
    "400, ExpiredToken, MILLRACE_S3_ACCESS_KEY",
    "403, AccessDenied, allow this key to read",
    "403, AllAccessDisabled, allow this key to read",
    "403, RequestTimeTooSkewed, set the clock",
    "404, NoSuchBucket, MILLRACE_S3_BUCKET",
    "400, InvalidBucketName, MILLRACE_S3_BUCKET",
    "400, AuthorizationHeaderMalformed, MILLRACE_S3_ENDPOINT",
    "301, PermanentRedirect, MILLRACE_S3_ENDPOINT",
    "501, NotImplemented, use a store that supports this operation",
    "405, MethodNotAllowed, use a store that supports this operation",
    "400, InvalidArgument, check MILLRACE_S3_ENDPOINT",
  })
  void permanentErrorsAreRefusedWithTheirRemedy(int status, String code, String remedy)
      throws Exception {
    try (StubS3 stub = StubS3.answering(Answer.error(status, code));
        MinioObjectStore store = stub.client()) {
      for (Throwable failure : failures(store)) {
        assertThat(failure)
            .isInstanceOf(StoreRefusedException.class)
            .hasMessageContaining("S3 at %s, bucket millrace: cannot ", stub.endpoint())
            .hasMessageContaining(code)
            .hasMessageContaining(remedy);
        assertThat(((StoreRefusedException) failure).bucketMissing())
            .isEqualTo(code.equals("NoSuchBucket"));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "500, InternalError",
    "503, SlowDown",
    "503, ServiceUnavailable",
    "400, RequestTimeout",
    "400, BadDigest",
    "429, TooManyRequests",
    "408, RequestTimeout",
    "502, BadGateway",
    "504, GatewayTimeout",
  })
  void transientErrorsAreUnavailable(int status, String code) throws Exception {
    try (StubS3 stub = StubS3.answering(Answer.error(status, code));
        MinioObjectStore store = stub.client()) {
      for (Throwable failure : failures(store)) {
        assertThat(failure)
            .isInstanceOf(StoreUnavailableException.class)
            .hasMessageContaining(stub.endpoint())
            .hasMessageContaining(code);
      }
    }
  }

  @Test
  void fullDiskIsUnavailable() throws Exception {
    try (StubS3 stub = StubS3.answering(Answer.error(507, "XMinioStorageFull"));
        MinioObjectStore store = stub.client()) {
      assertThatThrownBy(() -> store.put("k", CONTENT, "text/plain"))
          .isInstanceOf(StoreUnavailableException.class)
          .hasMessageContaining("XMinioStorageFull")
          .hasMessageContaining("the store's disk is full");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "404, text/html, MILLRACE_S3_ENDPOINT",
    "400, text/plain, it expects https",
    "403, text/html, allow this key",
    "501, text/plain, use a store that supports this operation",
    "401, , allow this key",
  })
  void responsesOfOtherServersAreRefused(int status, String contentType, String remedy)
      throws Exception {
    Answer answer = new Answer(status, contentType, "<html>\nnot a store\n</html>");
    try (StubS3 stub = StubS3.answering(answer);
        MinioObjectStore store = stub.client()) {
      assertThatThrownBy(() -> store.get("k"))
          .isInstanceOf(StoreRefusedException.class)
          .hasMessageContaining("Response code: " + status)
          .hasMessageContaining(remedy)
          .hasMessageNotContaining("\n");
    }
  }

  @ParameterizedTest
  @CsvSource({"502", "503", "504", "500", "429"})
  void errorsOfAProxyAreUnavailable(int status) throws Exception {
    try (StubS3 stub = StubS3.answering(new Answer(status, "text/html", "<html>away</html>"));
        MinioObjectStore store = stub.client()) {
      assertThatThrownBy(() -> store.get("k")).isInstanceOf(StoreUnavailableException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void failedConditionIsNotARefusal(boolean xml) throws Exception {
    Answer failed =
        xml ? Answer.error(412, "PreconditionFailed") : new Answer(412, "text/plain", "no");
    try (StubS3 stub = StubS3.answering(regionThen(failed));
        MinioObjectStore store = stub.client()) {
      assertThat(store.putIfUnchanged("k", CONTENT, "text/plain", Optional.empty())).isFalse();
      assertThat(store.putIfUnchanged("k", CONTENT, "text/plain", Optional.of("\"1\""))).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({"501, NotImplemented", "405, MethodNotAllowed"})
  void storeWithoutConditionalPutsIsRefused(int status, String code) throws Exception {
    try (StubS3 stub =
            StubS3.answering(
                exchange ->
                    exchange.getRequestHeaders().containsKey("If-None-Match")
                        ? Answer.error(status, code)
                        : region());
        MinioObjectStore store = stub.client()) {
      assertThatThrownBy(() -> ConditionalPuts.require(store, "r"))
          .isInstanceOf(StoreRefusedException.class)
          .hasMessageContaining("with the condition If-None-Match")
          .hasMessageContaining(code)
          .hasMessageContaining("MinIO or Amazon S3");
    }
  }

  @Test
  void storeThatIgnoresConditionsIsRefused() throws Exception {
    try (StubS3 stub = StubS3.answering(region());
        MinioObjectStore store = stub.client()) {
      assertThatThrownBy(() -> ConditionalPuts.require(store, "r"))
          .isInstanceOf(StoreRefusedException.class)
          .hasMessageContaining("ignores the condition If-None-Match");
    }
  }

  @Test
  void untrustedCertificateIsRefused(@TempDir Path folder) throws Exception {
    try (StubS3 stub = StubS3.untrusted(folder);
        MinioObjectStore store = stub.client()) {
      assertThatThrownBy(() -> store.get("k"))
          .isInstanceOf(StoreRefusedException.class)
          .hasMessageContaining("certificate chain")
          .hasMessageContaining("SSL_CERT_FILE");
    }
  }

  /**
   * Most servers answer with status 400, which is permanent. A server that only closes the
   * connection may still be starting.
   */
  @Test
  void connectionClosedByAnHttpsPortIsUnavailableWithAHint(@TempDir Path folder) throws Exception {
    try (StubS3 secure = StubS3.untrusted(folder);
        MinioObjectStore store =
            new MinioObjectStore("http://127.0.0.1:" + secure.port(), "millrace", "k", "s")) {
      assertThatThrownBy(() -> store.get("k"))
          .isInstanceOf(StoreUnavailableException.class)
          .hasMessageContaining("if the store expects https, set MILLRACE_S3_ENDPOINT");
    }
  }

  @Test
  void unknownHostIsUnavailable() throws Exception {
    try (MinioObjectStore store =
        new MinioObjectStore("http://no-such-host.invalid:9000", "millrace", "k", "s")) {
      assertThatThrownBy(() -> store.get("k"))
          .isInstanceOf(StoreUnavailableException.class)
          .hasMessageContaining("no-such-host.invalid")
          .hasMessageContaining("MILLRACE_S3_ENDPOINT");
    }
  }

  @Test
  void sendsEachRequestOnce() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    try (StubS3 stub =
            StubS3.answering(
                exchange -> {
                  requests.incrementAndGet();
                  return Answer.error(503, "SlowDown");
                });
        MinioObjectStore store = stub.client()) {
      assertThatThrownBy(() -> store.get("k")).isInstanceOf(StoreUnavailableException.class);
      assertThat(requests).hasValue(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost:9100/path, millrace, MILLRACE_S3_ENDPOINT",
    "ftp://localhost:9100, millrace, MILLRACE_S3_ENDPOINT",
    "http://localhost:9100, Not_A_Bucket, MILLRACE_S3_BUCKET",
    "http://localhost:9100, x, MILLRACE_S3_BUCKET",
  })
  void invalidSettingsAreRefusedBeforeTheFirstRequest(
      String endpoint, String bucket, String setting) {
    assertThatThrownBy(() -> new MinioObjectStore(endpoint, bucket, "k", "s"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(setting);
  }

  private static Answer region() {
    return new Answer(
        200, "application/xml", "<?xml version=\"1.0\"?><LocationConstraint></LocationConstraint>");
  }

  private static Function<HttpExchange, Answer> regionThen(Answer answer) {
    return exchange -> exchange.getRequestMethod().equals("GET") ? region() : answer;
  }

  private static Throwable[] failures(MinioObjectStore store) {
    return new Throwable[] {
      catchThrowable(store::ensureBucket),
      catchThrowable(() -> store.get("k")),
      catchThrowable(() -> store.put("k", CONTENT, "text/plain")),
      catchThrowable(() -> store.putIfUnchanged("k", CONTENT, "text/plain", Optional.empty())),
      catchThrowable(() -> store.keys("")),
      catchThrowable(() -> store.folders("runs/")),
      catchThrowable(() -> store.delete("k"))
    };
  }
}
