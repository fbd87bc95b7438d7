package dev.millrace.inference.reload;

import java.time.Duration;

/** Receives what operators count of reloading. Called on the thread that reloads. */
public interface ReloadTelemetry {
  /** A phase of the reload completed. */
  void reloadPhaseCompleted(ReloadPhase phase, Duration took);

  /** The state of the served model changed. */
  void reloadChanged(ReloadState state);

  /** A poll failed unexpectedly. It will be repeated. */
  void reloadFailed(RuntimeException failure);

  /** The status of the store changed. */
  void storeChanged(StoreStatus status);
}
