package dev.millrace.stack.progress;

import java.time.Duration;
import java.time.Instant;

/** A process that waits for something. */
public record Wait(String process, String what, Instant since) {
  /** Returns a message that says which process waits, for what, and for how long. */
  public String text(Instant now) {
    return "%s waits for %s (%d s)"
        .formatted(process, what, Duration.between(since, now).toSeconds());
  }
}
