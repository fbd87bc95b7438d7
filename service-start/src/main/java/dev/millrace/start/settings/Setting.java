package dev.millrace.start.settings;

import io.smallrye.config.WithDefault;
import io.smallrye.config.common.utils.StringUtil;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One setting of a service: a method of a configuration interface that returns a value.
 *
 * @param property property name of the setting, such as {@code millrace.http.port}
 * @param method the method; its annotations define the default and the constraints
 */
public record Setting(String property, Method method) {
  private static final String PREFIX = "millrace";

  /**
   * Returns the settings of a configuration interface, including those of nested groups and of
   * superinterfaces.
   *
   * @param mapping a configuration interface with the prefix {@code millrace}
   */
  public static List<Setting> of(Class<?> mapping) {
    List<Setting> settings = new ArrayList<>();
    collect(PREFIX, mapping, settings);
    settings.sort(Comparator.comparing(Setting::property));
    return settings;
  }

  private static void collect(String prefix, Class<?> group, List<Setting> settings) {
    for (Method method : group.getMethods()) {
      if (method.isDefault() || Modifier.isStatic(method.getModifiers())) {
        continue;
      }
      String property = prefix + "." + StringUtil.skewer(method.getName());
      if (method.getReturnType().isInterface()
          && method.getReturnType().getName().startsWith("dev.millrace.")) {
        collect(property, method.getReturnType(), settings);
      } else {
        settings.add(new Setting(property, method));
      }
    }
  }

  /** Returns the name of the environment variable, such as {@code MILLRACE_HTTP_PORT}. */
  public String variable() {
    return variable(property);
  }

  static String variable(String property) {
    return property.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** Returns the default as text; empty if there is none. */
  public Optional<String> defaultValue() {
    return Optional.ofNullable(method.getAnnotation(WithDefault.class)).map(WithDefault::value);
  }

  /**
   * Returns whether the setting has neither a default nor an optional type, so that it must be set.
   */
  public boolean isRequired() {
    return defaultValue().isEmpty()
        && !method.getReturnType().getName().startsWith("java.util.Optional");
  }

  /** Returns the allowed values in words; empty if every text is allowed. */
  public String allowed() {
    return AllowedValues.of(method);
  }

  /** Returns whether messages must hide the value. */
  boolean isSecret() {
    return property.endsWith("-token") || property.endsWith("-key");
  }
}
