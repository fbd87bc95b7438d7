package dev.millrace.stack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EndingsTest {
  private final Endings endings = new Endings();

  @Test
  void threeEqualOnesInARowAreHopeless() {
    assertThat(endings.addAndIsHopeless(1, "no room")).isFalse();
    assertThat(endings.addAndIsHopeless(1, "no room")).isFalse();
    assertThat(endings.addAndIsHopeless(1, "no room")).isTrue();
  }

  @Test
  void anotherCodeOrLineBeginsAgain() {
    endings.addAndIsHopeless(1, "no room");
    endings.addAndIsHopeless(1, "no room");
    assertThat(endings.addAndIsHopeless(1, "no light")).isFalse();
    assertThat(endings.addAndIsHopeless(2, "no light")).isFalse();
    assertThat(endings.addAndIsHopeless(2, "no light")).isFalse();
    assertThat(endings.addAndIsHopeless(2, "no light")).isTrue();
  }

  @Test
  void healthBetweenBeginsAgain() {
    endings.addAndIsHopeless(1, "");
    endings.addAndIsHopeless(1, "");
    endings.reset();
    assertThat(endings.addAndIsHopeless(1, "")).isFalse();
  }
}
