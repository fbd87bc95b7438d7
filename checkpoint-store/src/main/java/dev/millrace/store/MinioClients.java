package dev.millrace.store;

import io.minio.BucketExistsArgs;
import io.minio.Http;
import io.minio.MinioClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import okhttp3.ConnectionSpec;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;

/** Creates MinIO clients: checks the settings and configures HTTP. */
final class MinioClients {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /** Maximum time between two bytes of a response before the store counts as unavailable. */
  private static final Duration READ_TIMEOUT = Duration.ofSeconds(60);

  private MinioClients() {}

  /**
   * Creates a client; does not connect yet.
   *
   * @throws IllegalArgumentException if the endpoint is not the URL of a host or the bucket name is
   *     not valid; the message names the setting
   */
  static MinioClient create(String endpoint, String bucket, String accessKey, String secretKey) {
    check(endpoint, bucket);
    return MinioClient.builder()
        .endpoint(endpoint)
        .credentials(accessKey, secretKey)
        .httpClient(endpoint.startsWith("https:") ? withTls() : withoutTls(), true)
        .build();
  }

  /** Checks what can be checked without a connection. */
  private static void check(String endpoint, String bucket) {
    try {
      MinioClient.builder().endpoint(endpoint);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "MILLRACE_S3_ENDPOINT=%s: allowed: a URL such as http://localhost:9100 (%s)"
              .formatted(endpoint, e.getMessage()),
          e);
    }
    try {
      BucketExistsArgs.builder().bucket(bucket).build();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "MILLRACE_S3_BUCKET=%s: allowed: 3 to 63 lower-case letters, digits, dots or hyphens (%s)"
              .formatted(bucket, e.getMessage()),
          e);
    }
  }

  /**
   * Returns MinIO's default HTTP client without its retries. The callers of this class retry, log
   * the retries and decide when to stop.
   */
  private static OkHttpClient withTls() {
    OkHttpClient.Builder builder = Http.newDefaultClient().newBuilder();
    builder.interceptors().removeIf(Http.StatusRetryInterceptor.class::isInstance);
    return withTimeouts(builder).build();
  }

  /**
   * Returns a client without TLS. Loading keys and certificates would add one second to the start.
   */
  private static OkHttpClient withoutTls() {
    return withTimeouts(new OkHttpClient.Builder())
        .protocols(List.of(Protocol.HTTP_1_1))
        .connectionSpecs(List.of(ConnectionSpec.CLEARTEXT))
        .build();
  }

  private static OkHttpClient.Builder withTimeouts(OkHttpClient.Builder builder) {
    return builder
        .connectTimeout(CONNECT_TIMEOUT)
        .writeTimeout(READ_TIMEOUT)
        .readTimeout(READ_TIMEOUT)
        .addInterceptor(MinioClients::addEtagToPut);
  }

  /**
   * Adds an empty ETag to the response of a put if there is none. MinIO's client fails without the
   * header, although its value is not used here.
   */
  private static Response addEtagToPut(Interceptor.Chain chain) throws IOException {
    Response response = chain.proceed(chain.request());
    boolean missing = chain.request().method().equals("PUT") && response.header("ETag") == null;
    return missing ? response.newBuilder().header("ETag", "").build() : response;
  }
}
