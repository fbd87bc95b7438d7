package dev.millrace.inference;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.net.URI;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the settings before anything starts, so that a wrong one is one clear line. */
final class SettingsCheck {
  private static final Pattern NAME = Pattern.compile("millrace(\\.[a-z0-9-]+)+");

  private static final Pattern CODES = Pattern.compile("(\\bjava\\.[\\w.]+: )|(SRCFG\\d+: )");

  private SettingsCheck() {}

  /** What is wrong and what is allowed; empty if the service can start. */
  static Optional<String> problem() {
    try {
      return problem(
          new SmallRyeConfigBuilder()
              .addDefaultInterceptors()
              .addDefaultSources()
              .withMapping(InferenceConfig.class)
              .withValidateUnknown(false)
              .build()
              .getConfigMapping(InferenceConfig.class));
    } catch (ConfigValidationException e) {
      return Optional.of(variableNames(e.getProblem(0).getMessage()));
    } catch (IllegalArgumentException | NoSuchElementException e) {
      return Optional.of(variableNames(e.getMessage()));
    }
  }

  static Optional<String> problem(InferenceConfig config) {
    if (config.http().port() < 0 || config.http().port() > 65535) {
      return wrong("MILLRACE_HTTP_PORT", config.http().port(), "a port from 0 to 65535");
    }
    if (config.grpc().port() < 0 || config.grpc().port() > 65535) {
      return wrong("MILLRACE_GRPC_PORT", config.grpc().port(), "a port from 0 to 65535");
    }
    int poll = config.inference().pollSeconds();
    if (poll < 1 || poll > 3600) {
      return wrong("MILLRACE_INFERENCE_POLL_SECONDS", poll, "seconds from 1 to 3600");
    }
    Optional<String> batching = batching(config.inference());
    if (batching.isPresent()) {
      return batching;
    }
    Optional<String> token =
        token("MILLRACE_INFERENCE_ADMIN_TOKEN", config.inference().adminToken())
            .or(() -> token("MILLRACE_INFERENCE_PREDICT_TOKEN", config.inference().predictToken()));
    if (token.isPresent()) {
      return token;
    }
    if (config.s3().bucket().isBlank()) {
      return wrong("MILLRACE_S3_BUCKET", config.s3().bucket(), "the name of a bucket");
    }
    if (!isHttp(config.s3().endpoint())) {
      return wrong(
          "MILLRACE_S3_ENDPOINT", config.s3().endpoint(), "a URL such as http://localhost:9100");
    }
    return Optional.empty();
  }

  private static Optional<String> batching(InferenceConfig.Inference config) {
    int batch = config.maxBatchImages();
    if (batch < 1 || batch > 1024) {
      return wrong("MILLRACE_INFERENCE_MAX_BATCH_IMAGES", batch, "images from 1 to 1024");
    }
    int queue = config.maxQueueImages();
    if (queue < batch || queue > 65536) {
      return wrong(
          "MILLRACE_INFERENCE_MAX_QUEUE_IMAGES",
          queue,
          "images from those of a batch, %d, to 65536".formatted(batch));
    }
    int delay = config.maxBatchDelayMicros();
    if (delay < 0 || delay > 1_000_000) {
      return wrong(
          "MILLRACE_INFERENCE_MAX_BATCH_DELAY_MICROS", delay, "microseconds from 0 to 1000000");
    }
    return Optional.empty();
  }

  /** A secret is not told. */
  private static Optional<String> token(String name, Optional<String> token) {
    return token
        .filter(secret -> secret.strip().length() < 16)
        .map(secret -> name + " is too short; it must be a secret of at least 16 characters");
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

  private static Optional<String> wrong(String name, Object value, String allowed) {
    return Optional.of("%s is '%s'; it must be %s".formatted(name, value, allowed));
  }

  /** Names settings as they are set, and leaves out what only helps programmers. */
  private static String variableNames(String message) {
    return NAME.matcher(CODES.matcher(message).replaceAll(""))
        .replaceAll(
            (match) ->
                Matcher.quoteReplacement(
                    match.group().toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_')));
  }
}
