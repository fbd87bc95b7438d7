package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.start.settings.SettingsCheck;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each setting of ingest has a range or a form. */
class IngestConfigTest {
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
          ingest.dataset | ' ' | cifar10, cifar100, synthetic, or the path of a folder of class folders
          ingest.dataset-memory-mb | -1 | 0 or more
          ingest.broken-pictures | ignore | stop, skip
          ingest.mirrors | ftp:here | URLs such as https://host/folder/, separated by commas
          ingest.mirrors | http://a/,b | URLs such as https://host/folder/, separated by commas
          ingest.batch-size | 4097 | 1 to 4096
          ingest.partitions | 65 | 1 to 64
          ingest.replica-index | -1 | 0 or more
          ingest.validation | train | holdout, test
          ingest.validation-images | 0 | 1 or more
          ingest.max-ahead-minibatches | 0 | 1 or more
          ingest.trainer-timeout-seconds | -3 | 1 or more
          ingest.trace-every-minibatches | -1 | 0 or more
          epochs | 0 | 1 or more
          """)
  void aWrongValueIsNamedWithWhatIsAllowed(String name, String value, String allowed) {
    set = "millrace." + name;
    System.setProperty(set, value);
    String variable = "MILLRACE_" + name.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
    assertThat(SettingsCheck.problems(IngestConfig.class))
        .contains("%s=%s: allowed: %s".formatted(variable, value, allowed));
  }
}
