package dev.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.start.settings.SettingsCheck;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each setting of inference has a range or a form. */
class InferenceConfigTest {
  private String set;

  @AfterEach
  void restore() {
    System.clearProperty(set);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          grpc.port | 65536 | 0 to 65535
          s3.endpoint | localhost:9100 | a URL such as http://localhost:9100
          s3.endpoint | http://localhost:9100/path | a URL such as http://localhost:9100
          s3.bucket | Mill | 3 to 63 lower-case letters, digits, dots or hyphens
          inference.run | sw*ep | a run's name, or PREFIX* for all runs named so
          inference.run | .. | a run's name, or PREFIX* for all runs named so
          inference.run | a/b | a run's name, or PREFIX* for all runs named so
          inference.poll-seconds | soon | 1 to 3600
          inference.max-batch-images | 1025 | 1 to 1024
          inference.max-queue-images | 65537 | 1 to 65536
          inference.max-batch-delay-micros | -1 | 0 to 10000000
          inference.trace-ratio | 1.1 | 0 to 1
          """)
  void aWrongValueIsNamedWithWhatIsAllowed(String name, String value, String allowed) {
    set = "millrace." + name;
    System.setProperty(set, value);
    String variable = "MILLRACE_" + name.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
    assertThat(SettingsCheck.problems(InferenceConfig.class))
        .contains("%s=%s: allowed: %s".formatted(variable, value, allowed));
  }
}
