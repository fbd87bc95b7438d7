package dev.millrace.inference.serving;

import java.time.Duration;

/**
 * How requests are put together.
 *
 * @param maxBatchImages images in one forward pass, and so in one request
 * @param maxQueueImages images that may wait
 * @param maxBatchDelay how long a request waits for others to join it though a core is free
 */
public record BatchLimits(int maxBatchImages, int maxQueueImages, Duration maxBatchDelay) {
  /** What most should use: no waiting, for whatever waits behind running passes joins anyway. */
  public static final BatchLimits DEFAULT = new BatchLimits(64, 256, Duration.ZERO);
}
