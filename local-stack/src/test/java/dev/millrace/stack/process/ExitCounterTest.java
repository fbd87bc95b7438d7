package dev.millrace.stack.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ExitCounterTest {
  private static final Duration SHORT_LIFE = Duration.ofMinutes(5);

  private final ExitCounter exits = new ExitCounter();

  private boolean add(int code, String lastLine) {
    return exits.addAndCheckLimit(code, lastLine, SHORT_LIFE);
  }

  @Test
  void threeEqualExitsReachTheLimit() {
    assertThat(add(1, "no room")).isFalse();
    assertThat(add(1, "no room")).isFalse();
    assertThat(add(1, "no room")).isTrue();
  }

  @Test
  void anotherCodeOrLineResetsTheCount() {
    add(1, "no room");
    add(1, "no room");
    assertThat(add(1, "no light")).isFalse();
    assertThat(add(2, "no light")).isFalse();
    assertThat(add(2, "no light")).isFalse();
    assertThat(add(2, "no light")).isTrue();
  }

  @Test
  void resetStartsAgain() {
    add(1, "");
    add(1, "");
    exits.reset();
    assertThat(add(1, "")).isFalse();
  }

  @Test
  void aLongLifeResetsTheCount() {
    add(1, "");
    add(1, "");
    assertThat(exits.addAndCheckLimit(1, "", ExitCounter.LONG_LIFE)).isFalse();
    assertThat(add(1, "")).isFalse();
    assertThat(add(1, "")).isTrue();
  }
}
