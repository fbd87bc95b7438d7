package dev.millrace.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * The environment variables with which PyTorch is fast on a CPU, from {@code engine.properties}.
 * They must be set before the process starts, because glibc reads them then. Thread-safe.
 */
public final class EngineEnvironment {
  private EngineEnvironment() {}

  /** Returns the variables of a process that trains, by name. */
  public static Map<String, String> variables() {
    Properties properties = new Properties();
    try (InputStream in = EngineEnvironment.class.getResourceAsStream("engine.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException("engine.properties cannot be read", e);
    }
    Map<String, String> variables = new TreeMap<>();
    properties
        .stringPropertyNames()
        .forEach(name -> variables.put(name, properties.getProperty(name)));
    return variables;
  }

  /**
   * Returns the names that are not set, sorted. Another value counts as set: the user has chosen
   * it.
   *
   * @param environment of the process, such as {@link System#getenv()}
   */
  public static List<String> unset(Map<String, String> environment) {
    return variables().keySet().stream().filter(name -> !environment.containsKey(name)).toList();
  }
}
