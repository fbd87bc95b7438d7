package dev.millrace.start.settings;

import io.smallrye.config.SmallRyeConfig;
import java.util.List;
import java.util.Map;

/**
 * Detects settings that are set under the name of an earlier version, so that none is ignored
 * silently.
 */
final class RenamedSettings {
  /** New property names by old property names. */
  private static final Map<String, String> NEW_NAMES =
      Map.of(
          "millrace.ingest.epochs", "millrace.epochs",
          "millrace.trainer.epochs", "millrace.epochs",
          "millrace.ingest.replica", "millrace.ingest.replica-index",
          "millrace.ingest.lead-minibatches", "millrace.ingest.max-ahead-minibatches");

  private RenamedSettings() {}

  /** Returns one line for each old name that is still set. */
  static List<String> problems(SmallRyeConfig config) {
    return NEW_NAMES.entrySet().stream()
        .filter(renamed -> config.getConfigValue(renamed.getKey()).getRawValue() != null)
        .map(
            renamed ->
                "%s was renamed to %s"
                    .formatted(
                        Setting.variable(renamed.getKey()), Setting.variable(renamed.getValue())))
        .sorted()
        .toList();
  }
}
