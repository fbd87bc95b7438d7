package dev.millrace.inference;

import java.util.Queue;

/** Of many requests, in milliseconds. */
record Latency(int requests, double p50, double p99) {
  static Latency of(Queue<Double> millis) {
    double[] sorted = millis.stream().mapToDouble(m -> m).sorted().toArray();
    return new Latency(sorted.length, at(sorted, .5), at(sorted, .99));
  }

  private static double at(double[] sorted, double quantile) {
    return sorted[(int) Math.min(sorted.length - 1, quantile * sorted.length)];
  }
}
