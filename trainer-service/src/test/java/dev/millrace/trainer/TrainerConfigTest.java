package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.start.settings.SettingsCheck;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests that each setting of the trainer has a range or a format. */
class TrainerConfigTest {
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
          trainer.run | ../up | 1 to 100 letters, digits, dots, dashes or underscores
          trainer.device | gpu | auto, cpu, cuda
          epochs | 0 | 1 or more
          trainer.learning-rate | 0 | above 0, to 100
          trainer.learning-rate | NaN | above 0, to 100
          trainer.momentum | 1.0 | 0 or more, below 1
          trainer.weight-decay | -1 | 0 or more, below 1
          trainer.schedule | foo | multistep, step, cosine, one-cycle
          trainer.shards | 0 | 1 to 256
          trainer.shards | 257 | 1 to 256
          trainer.checkpoint-every-steps | 0 | 1 or more
          trainer.keep-checkpoints | 0 | 1 or more
          trainer.on-malformed | ignore | stop, skip
          trainer.exit-when-finished | yes | true or false
          """)
  void namesAWrongValueAndTheAllowedOnes(String name, String value, String allowed) {
    set = "millrace." + name;
    System.setProperty(set, value);
    String variable = "MILLRACE_" + name.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
    assertThat(SettingsCheck.problems(TrainerConfig.class))
        .contains("%s=%s: allowed: %s".formatted(variable, value, allowed));
  }
}
