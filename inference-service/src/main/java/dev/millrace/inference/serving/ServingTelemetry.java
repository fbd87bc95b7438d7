package dev.millrace.inference.serving;

/** Receives what operators count of serving. Called from several threads. */
public interface ServingTelemetry {
  /** A request is there. Called on its client's thread, whatever becomes of it. */
  RequestTelemetry requestArrived(int images);

  /** A forward pass is done; its requests are answered next. */
  void batchCompleted(BatchTimes pass);

  /** One forward pass threw; its requests were answered with that failure. */
  void batchFailed(int images, Throwable failure);

  /** A request left the queue before its turn: its client is gone, or its time was up. */
  void requestAbandoned(int images);
}
