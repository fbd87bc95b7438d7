package dev.millrace.benchmarks.report;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A row of the table.
 *
 * @param values one a round
 * @param target what should be reached
 * @param atLeast whether larger is better
 */
public record Measured(String what, List<Double> values, double target, boolean atLeast) {

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

  boolean reached() {
    return atLeast ? median() >= target : median() <= target;
  }

  /** Of a Markdown table. */
  public String line() {
    double[] sorted = sorted();
    return String.format(
        Locale.ROOT,
        "| %s | %s %s | %s | %s | %s to %s | %d |",
        what,
        atLeast ? "≥" : "≤",
        number(target),
        number(median()),
        reached() ? "reached" : "missed",
        number(sorted[0]),
        number(Arrays.stream(sorted).max().orElseThrow()),
        sorted.length);
  }

  public static String header() {
    return "| what | target | median | | spread | n |\n|---|---|---|---|---|---|";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value >= 100 ? "%.0f" : "%.2f", value);
  }
}
