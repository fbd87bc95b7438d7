package dev.millrace.start;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the settings before anything starts, so that a wrong one is one clear line. */
final class SettingsCheck {
  private static final Pattern NAME = Pattern.compile("millrace(\\.[a-z0-9-]+)+");

  /** What only helps programmers. */
  private static final Pattern CODES =
      Pattern.compile(
          "(\\bjava\\.[\\w.]+: )|(SRCFG\\d+: )|( of the enum class [\\w.$]+)|( enum class [\\w.$]+)");

  private static final Pattern BROKERS =
      Pattern.compile("\\s*\\[?[\\w.:-]+\\]?:\\d{1,5}\\s*(,\\s*\\[?[\\w.:-]+\\]?:\\d{1,5}\\s*)*");

  private static final Pattern ENDPOINT = Pattern.compile("https?://[\\w.\\[\\]:-]+(/.*)?");

  private SettingsCheck() {}

  /** What is wrong and what is allowed; empty if the service can start. */
  static <C> Optional<String> problem(Class<C> settings, Consumer<C> check) {
    try {
      SmallRyeConfig config =
          new SmallRyeConfigBuilder()
              .addDefaultInterceptors()
              .addDefaultSources()
              // The files of SMALLRYE_CONFIG_LOCATIONS: a sweep's trainers have theirs there.
              .addDiscoveredSources()
              .withMapping(settings)
              .withValidateUnknown(false)
              .build();
      checkConnections(config);
      checkTelemetry(config);
      check.accept(config.getConfigMapping(settings));
      return Optional.empty();
    } catch (ConfigValidationException e) {
      return Optional.of(variableNames(e.getProblem(0).getMessage()));
    } catch (IllegalArgumentException | NoSuchElementException e) {
      return Optional.of(variableNames(e.getMessage()));
    }
  }

  /** What all services have; the defaults stand in each {@code application.properties}. */
  private static void checkConnections(SmallRyeConfig config) {
    int port = config.getOptionalValue("millrace.http.port", Integer.class).orElse(0);
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "MILLRACE_HTTP_PORT is '%d'; it must be a port from 0 to 65535".formatted(port));
    }
    String brokers =
        config
            .getOptionalValue("millrace.kafka.bootstrap-servers", String.class)
            .orElse("localhost:9092");
    if (!BROKERS.matcher(brokers).matches()) {
      throw new IllegalArgumentException(
          "MILLRACE_KAFKA_BOOTSTRAP_SERVERS is '%s'; it must be HOST:PORT, or several with commas between"
              .formatted(brokers));
    }
  }

  private static void checkTelemetry(SmallRyeConfig config) {
    config
        .getOptionalValue("millrace.otlp.endpoint", String.class)
        .ifPresent(
            endpoint ->
                require(
                    ENDPOINT.matcher(endpoint).matches(),
                    "MILLRACE_OTLP_ENDPOINT",
                    endpoint,
                    "a URL such as http://localhost:4317"));
    String protocol =
        config.getOptionalValue("millrace.otlp.protocol", String.class).orElse("grpc");
    require(
        List.of("grpc", "http/protobuf").contains(protocol),
        "MILLRACE_OTLP_PROTOCOL",
        protocol,
        "grpc or http/protobuf");
    String json = config.getOptionalValue("millrace.log.json", String.class).orElse("false");
    require(List.of("true", "false").contains(json), "MILLRACE_LOG_JSON", json, "true or false");
  }

  private static void require(boolean holds, String name, String value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(
          "%s is '%s'; it must be %s".formatted(name, value, allowed));
    }
  }

  /** Names settings as they are set. */
  static String variableNames(String message) {
    String text = message.replace(" threw an Exception whilst being converted", ":");
    return NAME.matcher(CODES.matcher(text).replaceAll(""))
        .replaceAll(
            match ->
                Matcher.quoteReplacement(
                    match.group().toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_')));
  }
}
