package dev.millrace.deploy;

import dev.millrace.start.settings.Setting;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** The settings of all services, read from their configuration interfaces. */
final class Settings {
  private static final List<String> INTERFACES =
      List.of(
          "dev.millrace.ingest.IngestConfig",
          "dev.millrace.trainer.TrainerConfig",
          "dev.millrace.inference.InferenceConfig");

  private final Set<String> variables;

  private Settings(Set<String> variables) {
    this.variables = variables;
  }

  static Settings ofServices() {
    Set<String> variables = new TreeSet<>();
    for (String name : INTERFACES) {
      try {
        Setting.of(Class.forName(name)).forEach(setting -> variables.add(setting.variable()));
      } catch (ClassNotFoundException e) {
        throw new IllegalStateException(e);
      }
    }
    return new Settings(variables);
  }

  static String variable(String property) {
    return property.toUpperCase(Locale.ROOT).replace('-', '_').replace('.', '_');
  }

  /** Returns whether a service reads this environment variable. */
  boolean has(String variable) {
    return variables.contains(variable);
  }
}
