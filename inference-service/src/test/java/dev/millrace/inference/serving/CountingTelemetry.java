package dev.millrace.inference.serving;

import dev.millrace.protocol.run.CheckpointManifest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Remembers what it was told. */
class CountingTelemetry implements ServingTelemetry {
  final List<ReloadState> states = new CopyOnWriteArrayList<>();
  final List<StoreStatus> stores = new CopyOnWriteArrayList<>();
  final List<RuntimeException> failures = new CopyOnWriteArrayList<>();
  final List<String> outcomes = new CopyOnWriteArrayList<>();
  final List<ReloadPhase> phases = new CopyOnWriteArrayList<>();
  final AtomicInteger abandoned = new AtomicInteger();

  @Override
  public RequestTelemetry requestArrived(int images) {
    return new RequestTelemetry() {
      @Override
      public void forwardBegun() {
        outcomes.add("forward");
      }

      @Override
      public void answered(CheckpointManifest checkpoint) {
        outcomes.add("answered by " + checkpoint.id());
      }

      @Override
      public void failed(Throwable failure) {
        outcomes.add(failure.getClass().getSimpleName());
      }
    };
  }

  @Override
  public void reloadPhaseCompleted(ReloadPhase phase, Duration took) {
    phases.add(phase);
  }

  @Override
  public void batchCompleted(BatchTimes pass) {}

  @Override
  public void batchFailed(int images, Throwable failure) {}

  @Override
  public void requestAbandoned(int images) {
    abandoned.addAndGet(images);
  }

  @Override
  public void streamMeasured(Optional<StreamLag> lag) {}

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
