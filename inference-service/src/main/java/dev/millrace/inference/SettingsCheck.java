package dev.millrace.inference;

import dev.millrace.inference.selection.RunSelector;
import dev.millrace.store.MinioObjectStore;
import java.net.URI;
import java.util.Optional;

/** What a setting's type does not say of its range. */
final class SettingsCheck {
  private SettingsCheck() {}

  /**
   * @throws IllegalArgumentException that names a setting, its value and what is allowed
   */
  static void check(InferenceConfig config) {
    int grpc = config.grpc().port();
    require(grpc >= 0 && grpc <= 65_535, "MILLRACE_GRPC_PORT", grpc, "a port from 0 to 65535");
    int poll = config.inference().pollSeconds();
    require(
        poll >= 1 && poll <= 3600,
        "MILLRACE_INFERENCE_POLL_SECONDS",
        poll,
        "seconds from 1 to 3600");
    checkRun(config.inference().run());
    checkBatching(config.inference());
    double ratio = config.inference().traceRatio();
    require(
        ratio >= 0 && ratio <= 1, "MILLRACE_INFERENCE_TRACE_RATIO", ratio, "a number from 0 to 1");
    checkToken("MILLRACE_INFERENCE_ADMIN_TOKEN", config.inference().adminToken());
    checkToken("MILLRACE_INFERENCE_PREDICT_TOKEN", config.inference().predictToken());
    String bucket = config.s3().bucket();
    require(!bucket.isBlank(), "MILLRACE_S3_BUCKET", bucket, "the name of a bucket");
    String endpoint = config.s3().endpoint();
    require(
        isHttp(endpoint), "MILLRACE_S3_ENDPOINT", endpoint, "a URL such as http://localhost:9100");
    MinioObjectStore.check(endpoint, bucket);
  }

  private static void checkRun(Optional<String> run) {
    try {
      RunSelector.of(run);
    } catch (IllegalArgumentException e) {
      require(false, "MILLRACE_INFERENCE_RUN", run.orElseThrow(), e.getMessage());
    }
  }

  private static void checkBatching(InferenceConfig.Inference config) {
    int batch = config.maxBatchImages();
    require(
        batch >= 1 && batch <= 1024,
        "MILLRACE_INFERENCE_MAX_BATCH_IMAGES",
        batch,
        "images from 1 to 1024");
    int queue = config.maxQueueImages();
    require(
        queue >= batch && queue <= 65_536,
        "MILLRACE_INFERENCE_MAX_QUEUE_IMAGES",
        queue,
        "images from those of a batch, %d, to 65536".formatted(batch));
    int delay = config.maxBatchDelayMicros();
    require(
        delay >= 0 && delay <= 10_000_000,
        "MILLRACE_INFERENCE_MAX_BATCH_DELAY_MICROS",
        delay,
        "microseconds from 0 to 10000000");
  }

  /** A secret is not told. */
  private static void checkToken(String name, Optional<String> token) {
    if (token.filter(secret -> secret.strip().length() < 16).isPresent()) {
      throw new IllegalArgumentException(
          name + " is too short; it must be a secret of at least 16 characters");
    }
  }

  private static boolean isHttp(String endpoint) {
    try {
      URI uri = URI.create(endpoint);
      return uri.getHost() != null
          && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static void require(boolean holds, String name, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(
          "%s is '%s'; it must be %s".formatted(name, value, allowed));
    }
  }
}
