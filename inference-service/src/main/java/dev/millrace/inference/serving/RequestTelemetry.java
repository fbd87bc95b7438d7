package dev.millrace.inference.serving;

import dev.millrace.protocol.run.CheckpointManifest;

/**
 * Follows one request from {@link ServingTelemetry#requestArrived} on. Its methods are called by
 * different threads, one after the other; the last is {@link #answered} or {@link #failed}.
 */
public interface RequestTelemetry {
  /** The request left the queue; its batch is computed now. */
  void forwardBegun();

  /**
   * @param checkpoint that computed the answer
   */
  void answered(CheckpointManifest checkpoint);

  /**
   * @param failure why there is no answer: a {@link RequestRejectedException}, a cancellation, a
   *     timeout, or what the forward pass threw
   */
  void failed(Throwable failure);
}
