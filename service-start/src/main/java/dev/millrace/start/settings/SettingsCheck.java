package dev.millrace.start.settings;

import static java.util.regex.Matcher.quoteReplacement;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.Validator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Checks the settings of a service before it starts. The types and constraints of the configuration
 * interface define the allowed values; this class finds all problems and describes them.
 */
public final class SettingsCheck {
  private static final Pattern VARIABLE = Pattern.compile("MILLRACE(_[A-Z0-9]+)+");
  private static final Pattern PROPERTY = Pattern.compile("millrace(\\.[a-z0-9-]+)+");

  private final Class<?> mapping;
  private final Map<String, Setting> settings;
  private final Validator validator = Constraints.validator();
  private final SmallRyeConfig config = sources().build();
  private final List<String> problems = new ArrayList<>();

  private SettingsCheck(Class<?> mapping) {
    this.mapping = mapping;
    settings =
        Setting.of(mapping).stream()
            .collect(Collectors.toMap(Setting::variable, Function.identity()));
  }

  /**
   * Checks all settings.
   *
   * @param mapping the configuration interface of the service, with the prefix {@code millrace}
   * @return one line for each problem, with the variable, its value and the allowed values; empty
   *     if all settings are valid
   */
  public static List<String> problems(Class<?> mapping) {
    SettingsCheck check = new SettingsCheck(mapping);
    check.problems.addAll(RenamedSettings.problems(check.config));
    Setting.of(mapping).forEach(check::check);
    if (check.problems.isEmpty()) {
      check.checkTogether();
    }
    return List.copyOf(check.problems);
  }

  private static SmallRyeConfigBuilder sources() {
    return new SmallRyeConfigBuilder()
        .addDefaultInterceptors()
        .addDefaultSources()
        // Reads the files in SMALLRYE_CONFIG_LOCATIONS, which a sweep uses to configure its
        // trainers.
        .addDiscoveredSources();
  }

  private void check(Setting setting) {
    ConfigValue set = config.getConfigValue(setting.property());
    String value = set.getValue();
    if (value == null && set.getRawValue() != null && !set.getRawValue().isEmpty()) {
      problems.add(
          "%s: allowed: ${NAME} with a NAME that is set, $$ for a dollar sign"
              .formatted(withValue(setting)));
    } else if (value == null || value.isEmpty()) {
      if (setting.isRequired()) {
        problems.add("%s is not set; allowed: %s".formatted(setting.variable(), setting.allowed()));
      }
    } else if (!isAllowed(setting)) {
      problems.add("%s: allowed: %s".formatted(withValue(setting), setting.allowed()));
    }
  }

  private boolean isAllowed(Setting setting) {
    try {
      Object value = SettingValue.of(setting, config);
      Class<?> group = setting.method().getDeclaringClass();
      return validator.validateValue(group, setting.method().getName(), value).isEmpty();
    } catch (IllegalArgumentException | NoSuchElementException e) {
      return false; // the text cannot be converted to the type of the setting
    }
  }

  /**
   * Checks the constraints that span several settings. Call it only if each setting is valid by
   * itself.
   */
  private void checkTogether() {
    try {
      Object values =
          sources()
              .withMapping(mapping)
              .withValidateUnknown(false)
              .build()
              .getConfigMapping(mapping);
      for (ConstraintViolation<Object> violation : validator.validate(values)) {
        problems.add(
            VARIABLE
                .matcher(violation.getMessage())
                .replaceAll(name -> quoteReplacement(withValue(settings.get(name.group())))));
      }
    } catch (ConfigValidationException e) {
      for (int i = 0; i < e.getProblemCount(); i++) {
        problems.add(
            PROPERTY
                .matcher(e.getProblem(i).getMessage())
                .replaceAll(name -> Setting.variable(name.group())));
      }
    }
  }

  private String withValue(Setting setting) {
    ConfigValue set = config.getConfigValue(setting.property());
    String value = set.getValue() == null ? set.getRawValue() : set.getValue();
    String shown = value == null ? setting.defaultValue().orElse("") : value;
    return setting.variable() + "=" + (setting.isSecret() ? "(hidden)" : shown);
  }
}
