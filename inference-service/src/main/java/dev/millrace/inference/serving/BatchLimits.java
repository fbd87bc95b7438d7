package dev.millrace.inference.serving;

import java.time.Duration;

/**
 * Limits for the batches that requests are put into.
 *
 * @param maxBatchImages the most images in one forward pass, and thus in one request
 * @param maxQueueImages the most images that may wait in the queue
 * @param maxBatchDelay how long a request waits for more requests while a core is idle
 */
public record BatchLimits(int maxBatchImages, int maxQueueImages, Duration maxBatchDelay) {
  /** The defaults. Requests do not wait, since those behind running passes share a pass anyway. */
  public static final BatchLimits DEFAULT = new BatchLimits(64, 256, Duration.ZERO);
}
