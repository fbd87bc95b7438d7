package dev.millrace.start.settings;

import jakarta.validation.MessageInterpolator;
import jakarta.validation.Validation;
import jakarta.validation.Validator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.hibernate.validator.HibernateValidator;
import org.hibernate.validator.spi.properties.ConstrainableExecutable;
import org.hibernate.validator.spi.properties.GetterPropertySelectionStrategy;

/**
 * Creates a Hibernate Validator for configuration interfaces, without XML and expression language.
 */
final class Constraints {
  private Constraints() {}

  static Validator validator() {
    return Validation.byProvider(HibernateValidator.class)
        .configure()
        .ignoreXmlConfiguration()
        .getterPropertySelectionStrategy(new EveryMethod())
        .messageInterpolator(new Literally())
        .buildValidatorFactory()
        .getValidator();
  }

  /** Treats every method as a property: names of configuration methods do not begin with "get". */
  private static final class EveryMethod implements GetterPropertySelectionStrategy {
    @Override
    public Optional<String> getProperty(ConstrainableExecutable method) {
      return method.getReturnType() != void.class && method.getParameterTypes().length == 0
          ? Optional.of(method.getName())
          : Optional.empty();
    }

    @Override
    public List<String> getGetterMethodNameCandidates(String property) {
      return List.of(property);
    }
  }

  /** Returns messages unchanged; {@link AllowedValues} describes the allowed values. */
  private static final class Literally implements MessageInterpolator {
    @Override
    public String interpolate(String message, Context context) {
      return message;
    }

    @Override
    public String interpolate(String message, Context context, Locale locale) {
      return message;
    }
  }
}
