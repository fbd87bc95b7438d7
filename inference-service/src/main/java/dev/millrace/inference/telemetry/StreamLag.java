package dev.millrace.inference.telemetry;

import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * The lag of the served model behind the training stream.
 *
 * @param records published records that its weights were not trained on
 * @param time from the creation of its checkpoint to the newest record; zero without a lag in
 *     records
 */
public record StreamLag(long records, Duration time) {

  /**
   * Computes the lag.
   *
   * @param endOffsets by partition: the offset of the next record
   * @param newest when the newest record was published
   */
  public static StreamLag of(
      CheckpointManifest serving, Map<Integer, Long> endOffsets, Instant newest) {
    long records = 0;
    for (Map.Entry<Integer, Long> end : endOffsets.entrySet()) {
      long next = serving.nextOffsets().getOrDefault(end.getKey(), 0L);
      // A recreated stream is shorter than the trained offsets; its lag is zero.
      records += Math.max(0, end.getValue() - next);
    }
    Duration time = Duration.between(serving.created(), newest);
    return new StreamLag(records, records == 0 || time.isNegative() ? Duration.ZERO : time);
  }
}
