package dev.millrace.inference.serving;

import java.time.Duration;

/** What happens in here that operators count. Called from several threads. */
public interface ServingTelemetry {
  /** One forward pass answered this many requests. */
  void batchCompleted(int images, Duration took);

  /** One forward pass threw; its requests were answered with that failure. */
  void batchFailed(int images, Throwable failure);

  /** A checkpoint was found, taken or refused. */
  void reloadChanged(ReloadState state);

  /** Looking for a checkpoint failed in a way that is not foreseen; it will be tried again. */
  void reloadFailed(RuntimeException failure);

  /** The store went away or came back. */
  void storeChanged(StoreStatus status);
}
