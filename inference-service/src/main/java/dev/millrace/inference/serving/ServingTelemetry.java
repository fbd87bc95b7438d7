package dev.millrace.inference.serving;

/** Receives what operators count of serving. Called from several threads. */
public interface ServingTelemetry {
  /** A request arrived. Called on its client's thread, even if the request is rejected. */
  RequestTelemetry requestArrived(int images);

  /** A forward pass completed. Its requests are answered next. */
  void batchCompleted(BatchTimes pass);

  /** A forward pass failed. Its requests were answered with that failure. */
  void batchFailed(int images, Throwable failure);

  /** A request left the queue before its pass: its client disconnected, or it timed out. */
  void requestAbandoned(int images);
}
