package dev.millrace.ingest.stream;

/**
 * Random numbers that depend on a key and a counter only, by SplitMix64's finaliser. A number can
 * thus be computed without those before it. Source: Steele, Lea, Flood, "Fast splittable
 * pseudorandom number generators" (2014). Not thread-safe.
 */
final class CounterRandom {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private long state;

  /**
   * Creates a generator for a key.
   *
   * @param key what the numbers are for, such as seed, purpose, epoch, position
   */
  CounterRandom(long... key) {
    for (long part : key) {
      state = mix(state + GOLDEN + part);
    }
  }

  private static long mix(long z) {
    long y = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    y = (y ^ (y >>> 27)) * 0x94D049BB133111EBL;
    return y ^ (y >>> 31);
  }

  /**
   * Returns the next number.
   *
   * @return uniform in [0, bound); the bias of at most bound/2³² is accepted
   */
  int nextInt(int bound) {
    state += GOLDEN;
    return (int) (((mix(state) >>> 32) * bound) >>> 32);
  }

  /** Shuffles an array in place (Fisher–Yates). */
  void shuffle(int[] values) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = nextInt(i + 1);
      int swapped = values[i];
      values[i] = values[j];
      values[j] = swapped;
    }
  }
}
