package dev.millrace.inference.telemetry;

import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * How far the served model is behind the training stream.
 *
 * @param records in the stream now that are not in its weights
 * @param time from the making of its checkpoint to the newest record's publication; zero if it has
 *     seen all, or was made later
 */
public record StreamLag(long records, Duration time) {

  /**
   * @param endOffsets by partition: the offset that the next record will have
   * @param newest when the newest record was published
   */
  public static StreamLag of(
      CheckpointManifest serving, Map<Integer, Long> endOffsets, Instant newest) {
    long records = 0;
    for (Map.Entry<Integer, Long> end : endOffsets.entrySet()) {
      long next = serving.nextOffsets().getOrDefault(end.getKey(), 0L);
      // A stream that begins anew is shorter than what was trained through; it is not behind that.
      records += Math.max(0, end.getValue() - next);
    }
    Duration time = Duration.between(serving.created(), newest);
    return new StreamLag(records, records == 0 || time.isNegative() ? Duration.ZERO : time);
  }
}
