package dev.millrace.inference.reload;

import java.time.Duration;

/** Receives what operators count of reloading. Called on the thread that reloads. */
public interface ReloadTelemetry {
  /** A part of taking the checkpoint that is being verified is done. */
  void reloadPhaseCompleted(ReloadPhase phase, Duration took);

  /** A checkpoint was found, taken or refused. */
  void reloadChanged(ReloadState state);

  /** Looking for a checkpoint failed in a way that is not foreseen; it will be tried again. */
  void reloadFailed(RuntimeException failure);

  /** The store went away or came back. */
  void storeChanged(StoreStatus status);
}
