package dev.millrace.inference.serving;

import java.time.Duration;
import java.util.Optional;

/** What happens in here that operators count. Called from several threads. */
public interface ServingTelemetry {
  /** One forward pass answered this many requests. */
  void batchCompleted(int images, Duration took);

  /** One forward pass threw; its requests were answered with that failure. */
  void batchFailed(int images, Throwable failure);

  /** A request left the queue before its turn: its client is gone, or its time was up. */
  void requestAbandoned(int images);

  /** A checkpoint was found, taken or refused. */
  void reloadChanged(ReloadState state);

  /** Looking for a checkpoint failed in a way that is not foreseen; it will be tried again. */
  void reloadFailed(RuntimeException failure);

  /** The store went away or came back. */
  void storeChanged(StoreStatus status);

  /** How far the stream has gone on since the served checkpoint was made; empty if unknown. */
  void streamMeasured(Optional<StreamLag> lag);
}
