package dev.millrace.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SlowestTrainerTest {
  private static final Duration TIMEOUT = Duration.ofMinutes(30);

  private long now = -5;
  private final SlowestTrainer slowest = new SlowestTrainer(TIMEOUT, () -> now);

  private static TrainerGroup running(String name, long offset) {
    return new TrainerGroup(name, true, List.of(offset));
  }

  private static TrainerGroup gone(String name, long offset) {
    return new TrainerGroup(name, false, List.of(offset));
  }

  private Optional<List<Long>> update(TrainerGroup... trainers) {
    return slowest.update(List.of(trainers));
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }

  @Test
  void isEmptyWithoutTrainers() {
    assertThat(update()).isEmpty();
    assertThat(slowest.dropped()).isEmpty();
  }

  @Test
  void smallestOffsetCounts() {
    assertThat(update(running("a", 70), running("b", 50), gone("c", 60))).hasValue(List.of(50L));
  }

  @Test
  void smallestOffsetOfEachPartitionCounts() {
    TrainerGroup one = new TrainerGroup("a", true, List.of(70L, 40L));
    TrainerGroup other = new TrainerGroup("b", true, List.of(50L, 60L));
    assertThat(update(one, other)).hasValue(List.of(50L, 40L));
  }

  @Test
  void dropsAnAbsentTrainerAfterTheTimeout() {
    assertThat(update(running("a", 70), gone("b", 50))).hasValue(List.of(50L));
    pass(TIMEOUT.minusNanos(1));
    assertThat(update(running("a", 90), gone("b", 50))).hasValue(List.of(50L));
    assertThat(slowest.dropped()).isEmpty();
    pass(Duration.ofNanos(1));
    assertThat(update(running("a", 90), gone("b", 50))).hasValue(List.of(90L));
    assertThat(slowest.dropped()).containsExactly("b");
  }

  @Test
  void progressRenewsTheTimeoutOfAReturningTrainer() {
    update(running("a", 70), gone("b", 50));
    pass(TIMEOUT);
    assertThat(update(running("a", 90), gone("b", 50))).hasValue(List.of(90L));
    assertThat(update(running("a", 90), running("b", 50))).hasValue(List.of(50L));
    assertThat(slowest.dropped()).isEmpty();
    assertThat(update(running("a", 90), gone("b", 50))).hasValue(List.of(90L));
    assertThat(update(running("a", 90), running("b", 51))).hasValue(List.of(51L));
    assertThat(update(running("a", 90), gone("b", 51))).hasValue(List.of(51L));
    pass(TIMEOUT.minusNanos(1));
    assertThat(update(running("a", 90), gone("b", 51))).hasValue(List.of(51L));
    pass(Duration.ofNanos(1));
    assertThat(update(running("a", 90), gone("b", 51))).hasValue(List.of(90L));
  }

  @Test
  void dropsATrainerThatRestartsWithoutProgress() {
    int dropped = 0;
    for (int second = 0; second < 24 * 3_600; second += 5) {
      boolean there = second % 300 < 5;
      long offset = second;
      TrainerGroup late = there ? running("late", 0) : gone("late", 0);
      long slowestOffset = update(running("a", offset), late).orElseThrow().get(0);
      dropped += slowestOffset == offset ? 1 : 0;
      pass(Duration.ofSeconds(5));
    }
    // Of 17,280 looks, all but those of the first half hour of absence and of its presence.
    assertThat(dropped).isGreaterThan(16_500);
  }

  @Test
  void waitsForASlowTrainer() {
    update(running("a", 70), running("b", 50));
    pass(TIMEOUT.multipliedBy(9));
    assertThat(update(running("a", 900), running("b", 50))).hasValue(List.of(50L));
    assertThat(slowest.dropped()).isEmpty();
  }

  @Test
  void progressCountsAsPresence() {
    update(running("a", 70), gone("b", 50));
    pass(TIMEOUT);
    assertThat(update(running("a", 90), gone("b", 51))).hasValue(List.of(51L));
  }

  @Test
  void dropsNoneIfAllAreAbsent() {
    update(gone("a", 70), gone("b", 50));
    pass(TIMEOUT.multipliedBy(9));
    assertThat(update(gone("a", 70), gone("b", 50))).hasValue(List.of(50L));
    assertThat(slowest.dropped()).isEmpty();
  }

  @Test
  void forgetsADeletedGroup() {
    update(running("a", 70), gone("b", 50));
    pass(TIMEOUT);
    assertThat(update(running("a", 90), gone("b", 50))).hasValue(List.of(90L));
    assertThat(update(running("a", 90))).hasValue(List.of(90L));
    assertThat(slowest.dropped()).isEmpty();
    assertThat(update(running("a", 90), gone("b", 50))).hasValue(List.of(50L));
  }
}
