package dev.millrace.stack.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import org.junit.jupiter.api.Test;

class ProgressEventsTest {
  private static final String PROGRESS =
      """
      {"schema":1,"type":"PROGRESS","run":"a","time":"2026-12-01T00:00:00Z","epoch":1,"epochs":2,
       "step":%d,"batch":%d,"batches":36,"loss":1.5,"accuracy":0.25,"imagesPerSecond":100}""";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ProgressEvents events =
      new ProgressEvents("a", new Console(new PrintStream(out, true), true), Clock.systemUTC());

  private void show(String value) {
    events.show("millrace.metrics, offset 7", value.getBytes(StandardCharsets.UTF_8));
  }

  private String said() {
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void showsEventsOfTheRun() {
    assertThat(events.trained()).isFalse();
    show(PROGRESS.formatted(3, 3));
    assertThat(said()).contains("epoch 1/2  step 3/36");
    assertThat(events.trained()).isTrue();
  }

  @Test
  void ignoresEventsOfOtherRunsAndNewerTypes() {
    show(PROGRESS.formatted(3, 3).replace("\"a\"", "\"b\""));
    show(PROGRESS.formatted(3, 3).replace("PROGRESS", "PAUSED"));
    show(PROGRESS.formatted(3, 3).replace("PROGRESS", "WAITING"));
    assertThat(said()).isEmpty();
    assertThat(events.trained()).isFalse();
  }

  @Test
  void reportsEachKindOfInvalidRecordOnce() {
    for (int i = 0; i < 1000; i++) {
      show("{}");
      show("hello");
      events.show("millrace.metrics, offset 8", null);
      show("{\"type\":\"PROGRESS\",\"run\":\"a\",\"time\":\"2026-12-01T00:00:00Z\"}");
    }
    show(PROGRESS.formatted(4, 4));
    assertThat(said().lines().filter(line -> line.contains("is not an event"))).hasSize(4);
    assertThat(said()).endsWith("step 4/36  100 images/s  loss 1.5000  accuracy 25.00 %  ETA ?");
  }
}
