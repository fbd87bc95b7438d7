package dev.millrace.inference.reload;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers the states and failures of reloading. */
class CountingReloads implements ReloadTelemetry {
  final List<ReloadState> states = new CopyOnWriteArrayList<>();
  final List<StoreStatus> stores = new CopyOnWriteArrayList<>();
  final List<RuntimeException> failures = new CopyOnWriteArrayList<>();
  final List<ReloadPhase> phases = new CopyOnWriteArrayList<>();

  @Override
  public void reloadPhaseCompleted(ReloadPhase phase, Duration took) {
    phases.add(phase);
  }

  @Override
  public void reloadChanged(ReloadState state) {
    states.add(state);
  }

  @Override
  public void reloadFailed(RuntimeException failure) {
    failures.add(failure);
  }

  @Override
  public void storeChanged(StoreStatus status) {
    stores.add(status);
  }
}
