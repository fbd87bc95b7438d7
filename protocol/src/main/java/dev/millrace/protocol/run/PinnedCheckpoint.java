package dev.millrace.protocol.run;

import java.time.Instant;
import java.util.Objects;

/**
 * What stands in a {@code pin.json}: the checkpoint that a person wants to be served, whatever is
 * the best.
 *
 * @param since when it was chosen
 */
public record PinnedCheckpoint(int schema, String run, String checkpoint, Instant since) {
  public static final int SCHEMA = 1;

  public PinnedCheckpoint {
    Objects.requireNonNull(run, "run");
    Objects.requireNonNull(checkpoint, "checkpoint");
  }
}
