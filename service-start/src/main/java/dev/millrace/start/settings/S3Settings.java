package dev.millrace.start.settings;

import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Pattern;

/** Settings of the S3 store of runs and checkpoints, used by the trainer and by inference. */
public interface S3Settings {
  /** URL of the S3 store. */
  @WithDefault("http://localhost:9100")
  @Pattern(
      regexp = "https?://[\\w.-]+(:\\d{1,5})?/?|https?://\\[[0-9a-fA-F:.]+](:\\d{1,5})?/?",
      message = "a URL such as http://localhost:9100")
  String endpoint();

  /** Bucket of the runs; the trainer creates it if it does not exist. */
  @WithDefault("millrace")
  @Pattern(
      regexp = "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
      message = "3 to 63 lower-case letters, digits, dots or hyphens")
  String bucket();

  /** Access key of the S3 store. */
  @NotBlank(message = "an access key of the S3 store")
  String accessKey();

  /** Secret key of the S3 store. */
  @NotBlank(message = "the secret key that belongs to the access key")
  String secretKey();
}
