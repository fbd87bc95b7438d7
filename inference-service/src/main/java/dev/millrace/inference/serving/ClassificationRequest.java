package dev.millrace.inference.serving;

import java.time.Duration;
import java.util.Optional;

/**
 * What a client wants classified.
 *
 * @param checkpoint the only one that may answer; empty for whichever serves
 * @param timeout after which nobody waits for the answer any more
 */
public record ClassificationRequest(
    Images images, Optional<String> checkpoint, Optional<Duration> timeout) {

  /** By whichever checkpoint serves, however long it takes. */
  public static ClassificationRequest of(Images images) {
    return new ClassificationRequest(images, Optional.empty(), Optional.empty());
  }
}
