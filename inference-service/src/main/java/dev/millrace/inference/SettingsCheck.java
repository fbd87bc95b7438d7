package dev.millrace.inference;

import java.net.URI;

/** What a setting's type does not say of its range. */
final class SettingsCheck {
  private SettingsCheck() {}

  /**
   * @throws IllegalArgumentException that names a setting, its value and what is allowed
   */
  static void check(InferenceConfig config) {
    int poll = config.inference().pollSeconds();
    require(
        poll >= 1 && poll <= 3600,
        "MILLRACE_INFERENCE_POLL_SECONDS",
        poll,
        "seconds from 1 to 3600");
    String bucket = config.s3().bucket();
    require(!bucket.isBlank(), "MILLRACE_S3_BUCKET", bucket, "the name of a bucket");
    String endpoint = config.s3().endpoint();
    require(
        isHttp(endpoint), "MILLRACE_S3_ENDPOINT", endpoint, "a URL such as http://localhost:9100");
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
