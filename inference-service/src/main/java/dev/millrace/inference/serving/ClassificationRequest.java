package dev.millrace.inference.serving;

import java.time.Duration;
import java.util.Optional;

/**
 * Images to classify, and the limits that their client sets.
 *
 * @param checkpoint the only checkpoint that may answer; empty for any
 * @param timeout after which the client no longer waits for the answer
 */
public record ClassificationRequest(
    Images images, Optional<String> checkpoint, Optional<Duration> timeout) {

  /** Creates a request that any checkpoint may answer, without a timeout. */
  public static ClassificationRequest of(Images images) {
    return new ClassificationRequest(images, Optional.empty(), Optional.empty());
  }
}
