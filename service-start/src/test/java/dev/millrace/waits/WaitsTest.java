package dev.millrace.waits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class WaitsTest {
  private static final Instant START = Instant.parse("2026-12-01T12:00:00Z");

  private final TestClock clock = new TestClock();
  private final Waits waits = new Waits(Waits.REPORTED_AFTER, clock);
  private final List<String> said = new CopyOnWriteArrayList<>();

  WaitsTest() {
    waits.listen(listener(said));
  }

  private static Waits.Listener listener(List<String> said) {
    return new Waits.Listener() {
      @Override
      public void lasting(Waiting wait) {
        said.add("waiting for " + wait.what());
      }

      @Override
      public void ended(Waiting wait) {
        said.add("ended: " + wait.what());
      }
    };
  }

  @Test
  void doesNotReportAShortWait() {
    try (Waits.Wait wait = waits.begin("Kafka")) {
      clock.advance(Duration.ofMillis(4_999));
      waits.report();
      assertThat(waits.current()).isEmpty();
    }
    assertThat(said).isEmpty();
  }

  @Test
  void reportsAWaitOfFiveSecondsAndItsEnd() {
    try (Waits.Wait wait = waits.begin("Kafka")) {
      clock.advance(Duration.ofSeconds(5));
      waits.report();
      clock.advance(Duration.ofSeconds(5));
      waits.report();
      assertThat(said).containsExactly("waiting for Kafka");
      assertThat(waits.current()).containsExactly(new Waiting("Kafka", START));
    }
    assertThat(said).containsExactly("waiting for Kafka", "ended: Kafka");
    assertThat(waits.current()).isEmpty();
  }

  @Test
  void listsTheOldestWaitFirst() {
    try (Waits.Wait store = waits.begin("the store")) {
      clock.advance(Duration.ofSeconds(1));
      try (Waits.Wait kafka = waits.begin("Kafka")) {
        clock.advance(Duration.ofSeconds(6));
        assertThat(waits.current()).map(Waiting::what).containsExactly("the store", "Kafka");
      }
    }
  }

  @Test
  void reasonMayChangeDuringTheWait() {
    String[] reason = {"connection refused"};
    try (Waits.Wait wait = waits.begin(() -> "Kafka: " + reason[0])) {
      clock.advance(Duration.ofSeconds(6));
      reason[0] = "no leader";
      assertThat(waits.current()).map(Waiting::what).containsExactly("Kafka: no leader");
    }
  }

  @Test
  void reportsAChangedReasonAfterHalfAMinute() {
    String[] reason = {"which ingest publishes"};
    try (Waits.Wait wait = waits.begin(() -> "a minibatch, " + reason[0])) {
      clock.advance(Duration.ofSeconds(5));
      waits.report();
      reason[0] = "which ingest publishes; Kafka does not answer";
      clock.advance(Duration.ofSeconds(29));
      waits.report();
      assertThat(said).containsExactly("waiting for a minibatch, which ingest publishes");
      clock.advance(Duration.ofSeconds(1));
      waits.report();
      waits.report();
    }
    assertThat(said)
        .containsExactly(
            "waiting for a minibatch, which ingest publishes",
            "waiting for a minibatch, which ingest publishes; Kafka does not answer",
            "ended: a minibatch, which ingest publishes; Kafka does not answer");
  }

  @Test
  void everyChangeReportsAllWaits() {
    List<String> changes = new ArrayList<>();
    waits.onChange((since, what) -> changes.add(since + " " + what));
    Waits.Wait store = waits.begin("the store");
    clock.advance(Duration.ofSeconds(1));
    try (Waits.Wait kafka = waits.begin("Kafka")) {
      clock.advance(Duration.ofSeconds(5));
      waits.report();
      store.close();
    }
    assertThat(changes)
        .hasSize(4)
        .contains(START + " the store; Kafka", START.plusSeconds(1) + " Kafka")
        .last()
        .isEqualTo(START.plusSeconds(6) + " null");
  }

  @Test
  void timerReportsWaits() {
    List<String> heard = new CopyOnWriteArrayList<>();
    try (Waits real = new Waits()) {
      real.listen(listener(heard));
      try (Waits.Wait wait = real.begin("a record")) {
        await()
            .atMost(Duration.ofSeconds(20))
            .untilAsserted(() -> assertThat(heard).containsExactly("waiting for a record"));
      }
      assertThat(heard).containsExactly("waiting for a record", "ended: a record");
    }
  }

  /** A clock that the test advances. */
  private static final class TestClock extends Clock {
    private Instant now = START;

    private void advance(Duration time) {
      now = now.plus(time);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }
}
