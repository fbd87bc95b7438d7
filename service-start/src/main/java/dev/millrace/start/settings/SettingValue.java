package dev.millrace.start.settings;

import io.smallrye.config.SmallRyeConfig;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Converts the text of a setting to the return type of its method. */
final class SettingValue {
  private static final List<String> BOOLEANS = List.of("true", "false");

  private SettingValue() {}

  /**
   * Returns the converted value of a setting.
   *
   * @throws IllegalArgumentException if the text cannot be converted to the type
   */
  static Object of(Setting setting, SmallRyeConfig config) {
    return of(setting.property(), setting.method().getGenericReturnType(), config);
  }

  private static Object of(String property, Type type, SmallRyeConfig config) {
    if (type == OptionalInt.class) {
      return OptionalInt.of(config.getValue(property, Integer.class));
    }
    if (type instanceof ParameterizedType generic) {
      Type argument = generic.getActualTypeArguments()[0];
      return generic.getRawType() == List.class
          ? config.getValues(property, (Class<?>) argument, ArrayList::new)
          : Optional.of(of(property, argument, config));
    }
    if (type == boolean.class && !BOOLEANS.contains(config.getValue(property, String.class))) {
      throw new IllegalArgumentException("neither true nor false"); // SmallRye reads it as false
    }
    return config.getValue(property, (Class<?>) type);
  }
}
