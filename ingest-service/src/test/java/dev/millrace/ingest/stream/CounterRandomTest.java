package dev.millrace.ingest.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CounterRandomTest {

  /** The JDK's SplittableRandom is the same generator; a key chains its numbers. */
  @Test
  void isSplitMixOfTheChainedKey() {
    long[] key = {7, -3, Long.MAX_VALUE, 0};
    long state = 0;
    for (long part : key) {
      state = new SplittableRandom(state + part).nextLong();
    }
    SplittableRandom jdk = new SplittableRandom(state);
    CounterRandom ours = new CounterRandom(key);
    for (int bound = 1; bound < 2_000; bound++) {
      int expected = (int) ((jdk.nextLong() >>> 32) * bound >>> 32);
      assertThat(ours.nextInt(bound)).isEqualTo(expected).isBetween(0, bound - 1);
    }
  }

  @Test
  void everyPartOfTheKeyMatters() {
    long[][] keys = {{1, 2}, {2, 1}, {1, 2, 0}, {1}, {1, 3}, {0, 1, 2}};
    long distinct =
        Arrays.stream(keys)
            .map(CounterRandom::new)
            .map(random -> random.nextInt(1 << 30))
            .distinct()
            .count();
    assertThat(distinct).isEqualTo(keys.length);
  }

  @Test
  void allOrdersAreEquallyLikely() {
    Map<String, Integer> orders = new HashMap<>();
    int each = 500;
    for (int i = 0; i < 24 * each; i++) {
      int[] values = {0, 1, 2, 3};
      new CounterRandom(i).shuffle(values);
      orders.merge(Arrays.toString(values), 1, Integer::sum);
    }
    assertThat(orders).hasSize(24);
    double chiSquare =
        orders.values().stream().mapToDouble(n -> (n - each) * (n - each)).sum() / each;
    // 23 degrees of freedom: five standard deviations above the mean.
    assertThat(chiSquare).isLessThan(23 + 5 * Math.sqrt(2 * 23));
  }

  @Test
  void shuffleKeepsEveryValue() {
    int[] values = IntStream.range(0, 45_000).toArray();
    new CounterRandom(3).shuffle(values);
    assertThat(values).isNotEqualTo(IntStream.range(0, 45_000).toArray());
    Arrays.sort(values);
    assertThat(values).isEqualTo(IntStream.range(0, 45_000).toArray());
  }
}
