package dev.millrace.trainer.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.testing.GoldenValues;
import dev.millrace.testing.GoldenValues.Rates;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares learning rates with those of PyTorch's schedulers in {@code reference/golden.json}. */
class GoldenScheduleTest {
  static List<Rates> runs() {
    return GoldenValues.GOLDEN.schedules();
  }

  @ParameterizedTest
  @MethodSource("runs")
  void ratesEqualThoseOfPyTorch(Rates run) {
    Schedule schedule = schedule(run);
    for (int i = 0; i < run.at().size(); i++) {
      long step = run.at().get(i);
      double expected = run.rates().get(i);
      assertThat(schedule.rate(run.base(), step, run.stepsPerEpoch(), run.epochs()))
          .as("step " + step)
          .isCloseTo(expected, within(expected * 1e-12 + 1e-18));
    }
  }

  @Test
  void comparesEverySchedule() {
    assertThat(runs()).extracting(GoldenScheduleTest::schedule).contains(Schedule.values());
  }

  private static Schedule schedule(Rates run) {
    return Schedule.valueOf(run.name().replace('-', '_').toUpperCase(Locale.ROOT));
  }
}
