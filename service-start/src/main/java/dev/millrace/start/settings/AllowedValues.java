package dev.millrace.start.settings;

import io.smallrye.config.common.utils.StringUtil;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Describes the values that the type and the constraints of a setting allow, for example "1 or
 * more".
 */
final class AllowedValues {
  private final Method method;
  private final List<AnnotatedElement> annotated = new ArrayList<>();

  private AllowedValues(Method method) {
    this.method = method;
    annotated.add(method);
    collect(method.getAnnotatedReturnType());
  }

  static String of(Method method) {
    return new AllowedValues(method).inWords();
  }

  /**
   * Adds a type and its type arguments: the constraints of an optional value are on its argument.
   */
  private void collect(AnnotatedType type) {
    annotated.add(type);
    if (type instanceof AnnotatedParameterizedType parameterized) {
      Arrays.stream(parameterized.getAnnotatedActualTypeArguments()).forEach(this::collect);
    }
  }

  private String inWords() {
    if (has(Pattern.class)) {
      return get(Pattern.class).message();
    }
    if (has(NotBlank.class)) {
      return get(NotBlank.class).message();
    }
    if (has(Size.class)) {
      return get(Size.class).min() + " characters or more";
    }
    String range =
        has(DecimalMin.class) || has(DecimalMax.class)
            ? range(lowest(get(DecimalMin.class)), highest(get(DecimalMax.class)))
            : range(
                has(Min.class) ? Long.toString(get(Min.class).value()) : null,
                has(Max.class) ? Long.toString(get(Max.class).value()) : null);
    return range.isEmpty() ? typeInWords() : range;
  }

  private static String range(String lowest, String highest) {
    if (lowest == null) {
      return highest == null ? "" : highest.startsWith("below") ? highest : "up to " + highest;
    }
    if (highest == null) {
      return lowest.startsWith("above") ? lowest : lowest + " or more";
    }
    if (highest.startsWith("below")) {
      return (lowest.startsWith("above") ? lowest : lowest + " or more") + ", " + highest;
    }
    return lowest + (lowest.startsWith("above") ? ", to " : " to ") + highest;
  }

  private static String lowest(DecimalMin limit) {
    return limit == null ? null : limit.inclusive() ? limit.value() : "above " + limit.value();
  }

  private static String highest(DecimalMax limit) {
    return limit == null ? null : limit.inclusive() ? limit.value() : "below " + limit.value();
  }

  private String typeInWords() {
    Class<?> type = method.getReturnType();
    if (type == boolean.class) {
      return "true or false";
    }
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(constant -> StringUtil.skewer(((Enum<?>) constant).name()))
          .map(name -> name.toLowerCase(Locale.ROOT))
          .collect(Collectors.joining(", "));
    }
    return type == double.class ? "a number" : type.isPrimitive() ? "a whole number" : "";
  }

  private boolean has(Class<? extends Annotation> constraint) {
    return get(constraint) != null;
  }

  private <A extends Annotation> A get(Class<A> constraint) {
    return annotated.stream()
        .filter(element -> element.isAnnotationPresent(constraint))
        .map(element -> element.getAnnotation(constraint))
        .findFirst()
        .orElse(null);
  }
}
