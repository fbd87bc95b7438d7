package dev.millrace.protocol.run;

import java.time.Instant;
import java.util.Objects;

/**
 * The content of a {@code pin.json}: the checkpoint that an operator selected for serving,
 * regardless of the best one.
 *
 * @param since when the checkpoint was selected
 */
public record PinnedCheckpoint(int schema, String run, String checkpoint, Instant since) {
  public static final int SCHEMA = 1;

  public PinnedCheckpoint {
    Objects.requireNonNull(run, "run");
    Objects.requireNonNull(checkpoint, "checkpoint");
  }
}
