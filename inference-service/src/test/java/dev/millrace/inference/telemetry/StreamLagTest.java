package dev.millrace.inference.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.inference.serving.GatedNetwork;
import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StreamLagTest {
  /** Trained through nothing yet. */
  private final CheckpointManifest serving = new GatedNetwork("a", 10).checkpoint();

  @Test
  void itCountsWhatIsNotInTheWeightsAndTheTimeSinceTheyWereMade() {
    Instant newest = serving.created().plusSeconds(90);
    assertThat(StreamLag.of(serving, Map.of(0, 25L, 1, 5L), newest))
        .isEqualTo(new StreamLag(30, Duration.ofSeconds(90)));
  }

  @Test
  void aModelThatHasSeenAllIsNotBehindAndNeitherIsOneOfALongerStream() {
    assertThat(StreamLag.of(serving, Map.of(0, 0L), serving.created().plusSeconds(90)))
        .isEqualTo(new StreamLag(0, Duration.ZERO));
    assertThat(StreamLag.of(serving, Map.of(0, 7L), serving.created().minusSeconds(1)))
        .isEqualTo(new StreamLag(7, Duration.ZERO));
  }
}
