package dev.millrace.benchmarks.load;

import java.util.Arrays;

/** One client's latencies of what is asked and answered between two times. */
public final class Latencies {
  private final long begin;
  private final long end;
  private long[] nanos = new long[1024];
  private int count;

  /**
   * @param begin by {@link System#nanoTime}
   */
  Latencies(long begin, long end) {
    this.begin = begin;
    this.end = end;
  }

  /**
   * @return whether there is time for more
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
