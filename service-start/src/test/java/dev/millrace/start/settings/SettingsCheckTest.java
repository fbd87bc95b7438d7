package dev.millrace.start.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.Valid;
import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tests that each invalid setting is reported in one line: its variable, its value and the allowed
 * values.
 */
class SettingsCheckTest {
  private final Map<String, String> before = new HashMap<>();

  @ConfigMapping(prefix = "millrace")
  interface WatermillConfig extends CommonSettings {
    @Valid
    Watermill watermill();

    enum Wheel {
      OVER_SHOT,
      UNDERSHOT
    }

    interface Watermill {
      @WithDefault("over-shot")
      Wheel wheel();

      @WithDefault("12")
      @Min(1)
      int bladeCount();

      @WithDefault("12")
      @Min(1)
      @Max(64)
      int largestBladeCount();

      @Min(2)
      OptionalInt floors();

      @WithDefault("0.5")
      @DecimalMin(value = "0", inclusive = false)
      @DecimalMax("1")
      double flow();

      @WithDefault("0.5")
      @DecimalMin("0")
      @DecimalMax(value = "1", inclusive = false)
      double loss();

      @WithDefault("7")
      long age();

      @WithDefault("false")
      boolean frozen();

      @NotBlank(message = "the name of a river")
      String river();

      Optional<List<@Pattern(regexp = "[a-z]+", message = "names with commas between") String>>
          millers();

      Optional<@Size(min = 16) String> doorKey();

      @AssertTrue(
          message =
              "MILLRACE_WATERMILL_BLADE_COUNT: allowed: at most MILLRACE_WATERMILL_LARGEST_BLADE_COUNT")
      default boolean isCountAllowed() {
        return bladeCount() <= largestBladeCount();
      }
    }
  }

  private void set(String name, String value) {
    if (!before.containsKey(name)) {
      before.put(name, System.getProperty(name));
    }
    System.setProperty(name, value);
  }

  @BeforeEach
  void setWhatIsRequired() {
    set("millrace.watermill.river", "Danube");
  }

  @AfterEach
  void restore() {
    before.forEach(
        (name, value) -> {
          if (value == null) {
            System.clearProperty(name);
          } else {
            System.setProperty(name, value);
          }
        });
  }

  private static List<String> problems() {
    return SettingsCheck.problems(WatermillConfig.class);
  }

  @Test
  void acceptsValidSettingsAndThoseOfOtherServices() {
    set("millrace.bakery.ovens", "3");
    assertThat(problems()).isEmpty();
    set("millrace.watermill.millers", "ann,bob");
    set("millrace.watermill.floors", "2");
    set("millrace.watermill.wheel", "undershot");
    set("millrace.watermill.flow", "1");
    set("millrace.kafka.bootstrap-servers", "kafka-0.kafka:9092, [::1]:9092");
    set("millrace.otlp.endpoint", "http://collector:4317");
    assertThat(problems()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          watermill.wheel         | square      | MILLRACE_WATERMILL_WHEEL=square: allowed: over-shot, undershot
          watermill.blade-count   | many        | MILLRACE_WATERMILL_BLADE_COUNT=many: allowed: 1 or more
          watermill.blade-count   | 0           | MILLRACE_WATERMILL_BLADE_COUNT=0: allowed: 1 or more
          watermill.blade-count   | 13          | MILLRACE_WATERMILL_BLADE_COUNT=13: allowed: at most MILLRACE_WATERMILL_LARGEST_BLADE_COUNT=12
          watermill.largest-blade-count | 65    | MILLRACE_WATERMILL_LARGEST_BLADE_COUNT=65: allowed: 1 to 64
          watermill.floors        | 1           | MILLRACE_WATERMILL_FLOORS=1: allowed: 2 or more
          watermill.flow          | 0           | MILLRACE_WATERMILL_FLOW=0: allowed: above 0, to 1
          watermill.flow          | NaN         | MILLRACE_WATERMILL_FLOW=NaN: allowed: above 0, to 1
          watermill.flow          | fast        | MILLRACE_WATERMILL_FLOW=fast: allowed: above 0, to 1
          watermill.loss          | 1           | MILLRACE_WATERMILL_LOSS=1: allowed: 0 or more, below 1
          watermill.age           | 1.5         | MILLRACE_WATERMILL_AGE=1.5: allowed: a whole number
          watermill.frozen        | perhaps     | MILLRACE_WATERMILL_FROZEN=perhaps: allowed: true or false
          watermill.millers       | ann,BOB     | MILLRACE_WATERMILL_MILLERS=ann,BOB: allowed: names with commas between
          watermill.door-key      | secret      | MILLRACE_WATERMILL_DOOR_KEY=(hidden): allowed: 16 characters or more
          watermill.river         | ''          | MILLRACE_WATERMILL_RIVER is not set; allowed: the name of a river
          http.port               | 65536       | MILLRACE_HTTP_PORT=65536: allowed: 0 to 65535
          http.port               | http        | MILLRACE_HTTP_PORT=http: allowed: 0 to 65535
          kafka.bootstrap-servers | localhost   | MILLRACE_KAFKA_BOOTSTRAP_SERVERS=localhost: allowed: HOST:PORT, or several separated by commas
          otlp.endpoint           | host:4317   | MILLRACE_OTLP_ENDPOINT=host:4317: allowed: a URL such as http://localhost:4317
          otlp.protocol           | http/json   | MILLRACE_OTLP_PROTOCOL=http/json: allowed: grpc or http/protobuf
          log.json                | yes-please  | MILLRACE_LOG_JSON=yes-please: allowed: true or false
          """)
  void aWrongValueIsNamedWithWhatIsAllowed(String name, String value, String line) {
    set("millrace." + name, value);
    assertThat(problems()).containsExactly(line);
  }

  @Test
  void refusesARenamedSetting() {
    set("millrace.trainer.epochs", "12");
    assertThat(problems())
        .containsExactly("MILLRACE_TRAINER_EPOCHS was renamed to MILLRACE_EPOCHS");
  }

  @Test
  void reportsAllProblems() {
    set("millrace.watermill.wheel", "square");
    set("millrace.watermill.blade-count", "0");
    set("millrace.watermill.river", "");
    set("millrace.http.port", "http");
    assertThat(problems()).hasSize(4);
  }

  @Test
  void findsWrongValuesInSettingsFiles(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("1.properties");
    set("smallrye.config.locations", file.toString());
    Files.writeString(file, "millrace.watermill.wheel=square\n");
    assertThat(problems())
        .containsExactly("MILLRACE_WATERMILL_WHEEL=square: allowed: over-shot, undershot");
    Files.writeString(file, "millrace.watermill.wheel=undershot\n");
    assertThat(problems()).isEmpty();
  }

  @Test
  void reportsAReferenceToAnUnsetValue() {
    set("millrace.watermill.river", "${no.such.value}");
    assertThat(problems())
        .containsExactly(
            "MILLRACE_WATERMILL_RIVER=${no.such.value}: allowed: ${NAME} with a NAME that is set, $$ for a dollar sign");
  }

  @Test
  void acceptsTheDefaults() {
    for (Setting setting : Setting.of(WatermillConfig.class)) {
      setting.defaultValue().ifPresent(value -> set(setting.property(), value));
    }
    assertThat(problems()).isEmpty();
  }
}
