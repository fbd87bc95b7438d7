package dev.millrace.stack.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class EndingsTest {
  private static final Duration SHORT_LIFE = Duration.ofMinutes(5);

  private final Endings endings = new Endings();

  private boolean add(int code, String lastLine) {
    return endings.addAndIsHopeless(code, lastLine, SHORT_LIFE);
  }

  @Test
  void threeEqualOnesInARowAreHopeless() {
    assertThat(add(1, "no room")).isFalse();
    assertThat(add(1, "no room")).isFalse();
    assertThat(add(1, "no room")).isTrue();
  }

  @Test
  void anotherCodeOrLineBeginsAgain() {
    add(1, "no room");
    add(1, "no room");
    assertThat(add(1, "no light")).isFalse();
    assertThat(add(2, "no light")).isFalse();
    assertThat(add(2, "no light")).isFalse();
    assertThat(add(2, "no light")).isTrue();
  }

  @Test
  void healthBetweenBeginsAgain() {
    add(1, "");
    add(1, "");
    endings.reset();
    assertThat(add(1, "")).isFalse();
  }

  @Test
  void aLongLifeBetweenBeginsAgain() {
    add(1, "");
    add(1, "");
    assertThat(endings.addAndIsHopeless(1, "", Endings.LONG_LIFE)).isFalse();
    assertThat(add(1, "")).isFalse();
    assertThat(add(1, "")).isTrue();
  }
}
