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
    int poll = config.inference().pollSeconds();
    if (poll < 1 || poll > 3600) {
      return wrong("MILLRACE_INFERENCE_POLL_SECONDS", poll, "seconds from 1 to 3600");
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
