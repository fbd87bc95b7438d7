package dev.millrace.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NumberOrderTest {
  @Test
  void ordersByNumberAndNotByDigits() {
    List<String> ordered =
        List.of(
            "best.json",
            "epoch-0-step-5",
            "epoch-0001-step-00000002",
            "epoch-0000000001-step-0000000003",
            "epoch-0001-step-00000010",
            "epoch-9-step-100",
            "epoch-0010-step-00000101",
            "epoch-9999999999-step-9999999999",
            "epoch-10000000000-step-0",
            "metrics",
            "metrics/epoch-0002.json",
            "metrics/epoch-0000000003.json");
    List<String> shuffled = new ArrayList<>(ordered);
    Collections.shuffle(shuffled, new Random(1));
    shuffled.sort(NumberOrder.INSTANCE);
    assertThat(shuffled).isEqualTo(ordered);
  }

  @Test
  void onlyEqualNamesAreEqual() {
    assertThat(NumberOrder.INSTANCE.compare("a-1", "a-1")).isZero();
    assertThat(NumberOrder.INSTANCE.compare("a-01", "a-1")).isNegative();
    assertThat(NumberOrder.INSTANCE.compare("a-00", "a-0")).isPositive();
  }
}
