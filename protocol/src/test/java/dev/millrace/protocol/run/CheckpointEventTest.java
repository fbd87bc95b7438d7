package dev.millrace.protocol.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class CheckpointEventTest {
  @Test
  void readsBackEveryType() {
    for (CheckpointEvent.Type type : CheckpointEvent.Type.values()) {
      CheckpointEvent event =
          new CheckpointEvent(
              CheckpointEvent.SCHEMA,
              type,
              "run",
              "id",
              1,
              2,
              .5,
              Instant.parse("2026-01-01T00:00:00Z"));
      assertThat(Json.read(Json.bytes(event), CheckpointEvent.class)).isEqualTo(event);
    }
  }

  @Test
  void ignoresTypesAndPropertiesOfNewerWriters() {
    String json = "{\"schema\":2,\"type\":\"MELTED\",\"run\":\"run\",\"heat\":9000}";
    CheckpointEvent event = Json.read(json.getBytes(StandardCharsets.UTF_8), CheckpointEvent.class);
    assertThat(event.type()).isEqualTo(CheckpointEvent.Type.OTHER);
    assertThat(event.run()).isEqualTo("run");
  }
}
