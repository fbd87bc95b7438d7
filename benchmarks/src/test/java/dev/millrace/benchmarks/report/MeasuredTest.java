package dev.millrace.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.benchmarks.report.Measured.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeasuredTest {
  @Test
  void aTargetIsReachedByAllValuesOfFiveRounds() {
    assertThat(atLeastOne(1.0, 1.1, 1.2, 1.1, 1.3)).isEqualTo(Verdict.REACHED);
    assertThat(Measured.atMost(15, "seconds", List.of(9., 9., 15., 8., 7.)).verdict())
        .isEqualTo(Verdict.REACHED);
  }

  @Test
  void oneValueBelowTheTargetLeavesItOpenWhateverTheMedian() {
    assertThat(atLeastOne(0.99, 1.1, 1.2, 1.1, 1.3)).isEqualTo(Verdict.OPEN);
  }

  @Test
  void fewerThanFiveRoundsLeaveItOpen() {
    assertThat(atLeastOne(1.1, 1.2, 1.1, 1.3)).isEqualTo(Verdict.OPEN);
  }

  @Test
  void aTargetIsMissedIfNoValueReachesIt() {
    assertThat(atLeastOne(0.9, 0.99)).isEqualTo(Verdict.MISSED);
  }

  @Test
  void aLineHasTargetMedianVerdictSpreadAndRounds() {
    assertThat(Measured.atLeast(1, "ratio", List.of(1.2, 0.8, 1.1)).line())
        .isEqualTo("| ratio | ≥ 1.00 | 1.10 | open | 0.80 to 1.20 | 3 |");
  }

  private static Verdict atLeastOne(Double... values) {
    return Measured.atLeast(1, "ratio", List.of(values)).verdict();
  }
}
