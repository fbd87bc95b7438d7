package dev.millrace.inference.serving;

import java.time.Duration;
import java.util.Optional;

/** What happens in here that operators count. Called from several threads. */
public interface ServingTelemetry {
  /** A request is there. Called on its client's thread, whatever becomes of it. */
  RequestTelemetry requestArrived(int images);

  /** A forward pass is done; its requests are answered next. */
  void batchCompleted(BatchTimes pass);

  /** One forward pass threw; its requests were answered with that failure. */
  void batchFailed(int images, Throwable failure);

  /** A request left the queue before its turn: its client is gone, or its time was up. */
  void requestAbandoned(int images);

  /** A part of taking the checkpoint that is being verified is done. */
  void reloadPhaseCompleted(ReloadPhase phase, Duration took);

  /** A checkpoint was found, taken or refused. On the thread that reloads. */
  void reloadChanged(ReloadState state);

  /** Looking for a checkpoint failed in a way that is not foreseen; it will be tried again. */
  void reloadFailed(RuntimeException failure);

  /** The store went away or came back. */
  void storeChanged(StoreStatus status);

  /** How far the stream has gone on since the served checkpoint was made; empty if unknown. */
  void streamMeasured(Optional<StreamLag> lag);
}
