package dev.millrace.start;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One line for each wrong setting: its variable, its value, what is allowed. */
class SettingsCheckTest {
  private final Map<String, String> before = new HashMap<>();

  @ConfigMapping(prefix = "millrace.mill")
  interface MillConfig {
    enum Wheel {
      OVERSHOT,
      UNDERSHOT
    }

    @WithDefault("overshot")
    Wheel wheel();

    @WithDefault("12")
    int bladeCount();

    String river();
  }

  private void set(String name, String value) {
    if (!before.containsKey(name)) {
      before.put(name, System.getProperty(name));
    }
    System.setProperty(name, value);
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

  private static Optional<String> problem() {
    return SettingsCheck.problem(
        MillConfig.class,
        config -> {
          if (config.bladeCount() < 1) {
            throw new IllegalArgumentException("too few: " + config.bladeCount());
          }
        });
  }

  @Test
  void rightSettingsAndOtherServicesSettingsAreNoProblem() {
    set("millrace.mill.river", "Danube");
    set("millrace.bakery.ovens", "3");
    assertThat(problem()).isEmpty();
  }

  @Test
  void aWrongValueInAFileOfSettingsIsFoundToo(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("1.properties");
    Files.writeString(file, "millrace.mill.river=Danube\nmillrace.mill.wheel=square\n");
    set("smallrye.config.locations", file.toString());
    assertThat(problem()).get().asString().contains("MILLRACE_MILL_WHEEL", "square");
    Files.writeString(file, "millrace.mill.river=Danube\nmillrace.mill.wheel=undershot\n");
    assertThat(problem()).isEmpty();
  }

  @Test
  void aMissingSettingIsNamedAsItIsSet() {
    assertThat(problem()).get().asString().contains("MILLRACE_MILL_RIVER").doesNotContain("SRCFG");
  }

  @Test
  void aNumberThatIsNoneIsNamedWithItsValue() {
    set("millrace.mill.river", "Danube");
    set("millrace.mill.blade-count", "many");
    assertThat(problem())
        .get()
        .asString()
        .contains("MILLRACE_MILL_BLADE_COUNT", "many", "integer")
        .doesNotContain("SRCFG", "java.");
  }

  @Test
  void anUnknownChoiceIsNamedWithThoseThatAreAllowed() {
    set("millrace.mill.river", "Danube");
    set("millrace.mill.wheel", "square");
    assertThat(problem())
        .get()
        .asString()
        .contains("MILLRACE_MILL_WHEEL", "square", "overshot", "undershot")
        .doesNotContain("SRCFG", "dev.millrace");
  }

  @Test
  void whatTheServiceItselfRefusesIsPassedOn() {
    set("millrace.mill.river", "Danube");
    set("millrace.mill.blade-count", "0");
    assertThat(problem()).contains("too few: 0");
  }

  @Test
  void aPortAndBrokersThatCannotBeAreNamed() {
    set("millrace.mill.river", "Danube");
    set("millrace.http.port", "65536");
    assertThat(problem()).get().asString().contains("MILLRACE_HTTP_PORT is '65536'", "65535");
    set("millrace.http.port", "http");
    assertThat(problem()).get().asString().contains("MILLRACE_HTTP_PORT", "http");
    set("millrace.http.port", "8081");
    set("millrace.kafka.bootstrap-servers", "localhost");
    assertThat(problem())
        .get()
        .asString()
        .contains("MILLRACE_KAFKA_BOOTSTRAP_SERVERS is 'localhost'", "HOST:PORT");
    set("millrace.kafka.bootstrap-servers", "kafka-0.kafka:9092, [::1]:9092");
    assertThat(problem()).isEmpty();
  }

  @Test
  void whereTracesGoAndHowLinesAreLoggedIsChecked() {
    set("millrace.mill.river", "Danube");
    set("millrace.otlp.endpoint", "collector:4317");
    assertThat(problem())
        .hasValue(
            "MILLRACE_OTLP_ENDPOINT is 'collector:4317'; it must be a URL such as http://localhost:4317");
    set("millrace.otlp.endpoint", "http://collector:4317");
    set("millrace.otlp.protocol", "http/json");
    assertThat(problem())
        .hasValue("MILLRACE_OTLP_PROTOCOL is 'http/json'; it must be grpc or http/protobuf");
    set("millrace.otlp.protocol", "grpc");
    set("millrace.log.json", "yes");
    assertThat(problem()).hasValue("MILLRACE_LOG_JSON is 'yes'; it must be true or false");
    set("millrace.log.json", "true");
    assertThat(problem()).isEmpty();
  }
}
