package dev.millrace.start.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Settings of Kafka clients that a service creates itself, outside its messaging channels. */
public final class KafkaClients {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private KafkaClients() {}

  /**
   * Returns the settings of a client whose calls fail after ten seconds, so that the caller can
   * report what it waits for.
   *
   * @param kafka the Kafka connection settings of the service
   */
  public static Map<String, Object> impatient(Map<String, Object> kafka) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put("default.api.timeout.ms", (int) PATIENCE.toMillis());
    settings.put("request.timeout.ms", (int) PATIENCE.toMillis() / 2);
    return settings;
  }
}
