package dev.millrace.protocol.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.MalformedException;
import dev.millrace.protocol.run.TrainingEvent.Type;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingEventTest {
  private static final Instant NOON = Instant.parse("2026-12-01T12:00:00Z");

  private static TrainingEvent read(String json) {
    return Json.read(json.getBytes(StandardCharsets.UTF_8), TrainingEvent.class);
  }

  @Test
  void readsBackAWaitingEvent() {
    TrainingEvent event = TrainingEvent.waiting("ingest", null, NOON, "the trainers");

    TrainingEvent read = Json.read(Json.bytes(event), TrainingEvent.class);

    assertThat(read).isEqualTo(event);
    assertThat(read.isProgress()).isFalse();
    assertThat(read.time()).isEqualTo(NOON);
    assertThat(read.message()).isEqualTo("the trainers");
    assertThat(new String(Json.bytes(event), StandardCharsets.UTF_8)).doesNotContain("rogress");
  }

  @Test
  void typeOfALaterVersionIsUnknownAndNotProgress() {
    TrainingEvent read =
        read("{'type':'PAUSED','run':'a','time':'2026-12-01T12:00:00Z'}".replace('\'', '"'));

    assertThat(read.type()).isEqualTo(Type.UNKNOWN);
    assertThat(read.isProgress()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'type':'PROGRESS','run':'a'}",
        "{'type':'PROGRESS','time':'2026-12-01T12:00:00Z'}",
        "{'run':'a','time':'2026-12-01T12:00:00Z'}",
        "{'type':null,'run':'a','time':'2026-12-01T12:00:00Z'}"
      })
  void anEventWithoutWhatReadersRelyOnIsMalformed(String json) {
    assertThatThrownBy(() -> read(json.replace('\'', '"')))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining("needs type, time and run");
  }
}
