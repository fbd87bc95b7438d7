package dev.millrace.benchmarks.load;

import java.util.Arrays;

/** Latencies of one client's requests that begin and end within a time window. */
public final class Latencies {
  private final long begin;
  private final long end;
  private long[] nanos = new long[1024];
  private int count;

  /**
   * Creates a window.
   *
   * @param begin the start, by {@link System#nanoTime}
   */
  Latencies(long begin, long end) {
    this.begin = begin;
    this.end = end;
  }

  /**
   * Adds the latency of a request if it lies within the window.
   *
   * @return whether the window is still open
   */
  boolean add(long asked, long answered) {
    if (answered > end) {
      return false;
    }
    if (asked >= begin) {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * count);
      }
      nanos[count++] = answered - asked;
    }
    return true;
  }

  long[] toArray() {
    return Arrays.copyOf(nanos, count);
  }
}
