package dev.millrace.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoadResultTest {
  /** One request every millisecond of two seconds. The n-th one takes n microseconds. */
  private static final List<Response> RESPONSES =
      IntStream.range(0, 2000).mapToObj(n -> new Response(1000L * n, 200, n)).toList();

  @Test
  void onlyRequestsWithinTheWindowCount() throws Exception {
    LoadResult result = LoadResult.of(RESPONSES, 1, 0.5, 1);

    // From 500 to 1498: number 1499 ends at 1.500499 s.
    assertThat(result.perSecond()).isEqualTo(999);
    assertThat(result.p50()).isCloseTo(0.999, within(0.002));
    assertThat(result.p99()).isCloseTo(1.488, within(0.002));
  }

  @Test
  void noResponseIsAnError() {
    assertThatThrownBy(() -> LoadResult.of(List.of(), 1, 0, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no response");
  }
}
