package dev.millrace.inference.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunSelectorTest {
  @Test
  void aNameSelectsOneRunAPatternSomeAndNothingAny() {
    RunSelector one = RunSelector.of(Optional.of("sweep-1"));
    assertThat(one.single()).contains("sweep-1");
    assertThat(one.includes("sweep-1")).isTrue();
    assertThat(one.includes("sweep-10")).isFalse();
    assertThat(one.isSweep()).isFalse();
    assertThat(one).hasToString("sweep-1");

    RunSelector some = RunSelector.of(Optional.of("sweep-*"));
    assertThat(some.single()).isEmpty();
    assertThat(some.includes("sweep-10")).isTrue();
    assertThat(some.includes("another")).isFalse();
    assertThat(some.isSweep()).isTrue();
    assertThat(some).hasToString("sweep-*");
    assertThat(RunSelector.of(Optional.of("*")).isSweep()).isTrue();

    assertThat(RunSelector.of(Optional.empty())).isSameAs(RunSelector.ANY);
    assertThat(RunSelector.ANY.includes("another")).isTrue();
    assertThat(RunSelector.ANY.single()).isEmpty();
    assertThat(RunSelector.ANY.isSweep()).isFalse();
    assertThat(RunSelector.ANY).hasToString("any run");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a/b", "a/*", "sw*ep", "**", "*-1"})
  void whatIsNeitherIsRefused(String setting) {
    assertThatThrownBy(() -> RunSelector.of(Optional.of(setting)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PREFIX*");
  }
}
