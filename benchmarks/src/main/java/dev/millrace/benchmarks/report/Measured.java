package dev.millrace.benchmarks.report;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A row of the table. The target counts as reached only if all values of at least {@link
 * #LEAST_ROUNDS} rounds reach it.
 *
 * @param values one per round
 * @param target the value to reach
 * @param atLeast whether larger is better
 */
public record Measured(String what, List<Double> values, double target, boolean atLeast) {
  /** Fewer rounds show too little of the spread to claim that a target is reached. */
  static final int LEAST_ROUNDS = 5;

  /** The result of a comparison with the target. */
  enum Verdict {
    /** All values of enough rounds reach the target. */
    REACHED,
    /** The target lies within the values, or there are too few rounds. */
    OPEN,
    /** No value reaches the target. */
    MISSED
  }

  public static Measured atLeast(double target, String what, List<Double> values) {
    return new Measured(what, values, target, true);
  }

  public static Measured atMost(double target, String what, List<Double> values) {
    return new Measured(what, values, target, false);
  }

  private double[] sorted() {
    return values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
  }

  public double median() {
    double[] sorted = sorted();
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  Verdict verdict() {
    long reaching = values.stream().filter(this::reaches).count();
    if (reaching == 0) {
      return Verdict.MISSED;
    }
    return reaching == values.size() && values.size() >= LEAST_ROUNDS
        ? Verdict.REACHED
        : Verdict.OPEN;
  }

  private boolean reaches(double value) {
    return atLeast ? value >= target : value <= target;
  }

  /** Returns the row as a line of a Markdown table. */
  public String line() {
    double[] sorted = sorted();
    return String.format(
        Locale.ROOT,
        "| %s | %s %s | %s | %s | %s to %s | %d |",
        what,
        atLeast ? "≥" : "≤",
        number(target),
        number(median()),
        verdict().name().toLowerCase(Locale.ROOT),
        number(sorted[0]),
        number(Arrays.stream(sorted).max().orElseThrow()),
        sorted.length);
  }

  public static String header() {
    return "| what | target | median | verdict | spread | rounds |\n|---|---|---|---|---|---|";
  }

  /** Returns the explanation of the verdicts, for the end of the table. */
  public static String legend() {
    return "reached: all values of %d or more rounds reach the target; missed: no value does; open: neither"
        .formatted(LEAST_ROUNDS);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value >= 100 ? "%.0f" : "%.2f", value);
  }
}
