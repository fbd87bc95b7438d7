package dev.millrace.inference.serving;

import dev.millrace.protocol.run.CheckpointManifest;

/**
 * Receives the events of one request after {@link ServingTelemetry#requestArrived}. Different
 * threads call its methods, one after the other. The last call is {@link #answered} or {@link
 * #failed}.
 */
public interface RequestTelemetry {
  /** The request left the queue, and its forward pass begins. */
  void forwardBegun();

  /**
   * The request was answered.
   *
   * @param checkpoint the checkpoint that computed the answer
   */
  void answered(CheckpointManifest checkpoint);

  /**
   * The request failed.
   *
   * @param failure the cause: a {@link RequestRejectedException}, a cancellation, a timeout, or
   *     what the forward pass threw
   */
  void failed(Throwable failure);
}
