package dev.millrace.protocol.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.protocol.Json;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

/** Tests that the documents of a run of commit a6f8319 can still be read. */
class EarlierVersionTest {
  private static <T> T read(String name, Class<T> type) throws IOException {
    try (InputStream in = EarlierVersionTest.class.getResourceAsStream("a6f8319/" + name)) {
      return Json.read(in.readAllBytes(), type);
    }
  }

  @Test
  void readsManifests() throws IOException {
    CheckpointManifest manifest = read("manifest.json", CheckpointManifest.class);
    assertThat(manifest.id()).isEqualTo("epoch-0002-step-00000072");
    assertThat(manifest.step()).isEqualTo(72);
    assertThat(manifest.recipe().shards()).isEqualTo(4);
    assertThat(manifest.recipe().recordsPerStep()).isEqualTo(1);
    assertThat(manifest.nextOffsets()).containsEntry(0, 74L);
    assertThat(manifest.validationAccuracy()).isEqualTo(0.922);
    assertThat(manifest.probe().logits()).isNotEmpty();
  }

  @Test
  void readsBestCheckpoints() throws IOException {
    assertThat(read("best.json", BestCheckpoint.class))
        .isEqualTo(
            new BestCheckpoint(1, "synthetic-quick", "epoch-0002-step-00000072", 2, 72, 0.922));
  }

  @Test
  void readsEpochMetrics() throws IOException {
    EpochMetrics metrics = read("epoch-0002.json", EpochMetrics.class);
    assertThat(metrics.epoch()).isEqualTo(2);
    assertThat(metrics.validationAccuracy()).isEqualTo(0.922);
  }

  @Test
  void readsRunDescriptions() throws IOException {
    RunDescription run = read("run.json", RunDescription.class);
    assertThat(run.settings().recordsPerStep()).isEqualTo(1);
    assertThat(run.streamId()).isEqualTo("cc625656e24ff8b4");
    assertThat(run.stream().id()).isEqualTo(run.streamId());
  }

  @Test
  void readsReports() throws IOException {
    RunReport report = read("report.json", RunReport.class);
    assertThat(report.testAccuracy()).isBetween(0.9, 1.0);
  }
}
