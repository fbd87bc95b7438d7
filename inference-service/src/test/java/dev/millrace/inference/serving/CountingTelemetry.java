package dev.millrace.inference.serving;

import dev.millrace.protocol.run.CheckpointManifest;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Remembers the outcomes of requests. */
public class CountingTelemetry implements ServingTelemetry {
  final List<String> outcomes = new CopyOnWriteArrayList<>();
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
  public void batchCompleted(BatchTimes pass) {}

  @Override
  public void batchFailed(int images, Throwable failure) {}

  @Override
  public void requestAbandoned(int images) {
    abandoned.addAndGet(images);
  }
}
