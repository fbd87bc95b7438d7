package dev.millrace.inference.telemetry;

import dev.millrace.inference.reload.ReloadPhase;
import dev.millrace.inference.reload.ReloadState;
import dev.millrace.inference.reload.ReloadState.Refused;
import dev.millrace.inference.reload.ReloadState.Serving;
import dev.millrace.inference.reload.ReloadState.Verifying;
import dev.millrace.inference.reload.ReloadTelemetry;
import dev.millrace.inference.reload.StoreStatus;
import dev.millrace.inference.serving.BatchTimes;
import dev.millrace.inference.serving.InferenceStatistics;
import dev.millrace.inference.serving.RequestTelemetry;
import dev.millrace.inference.serving.ServingTelemetry;
import dev.millrace.protocol.run.CheckpointManifest;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import org.jboss.logging.Logger;

/** Records the events of serving and reloading as metrics, spans and log lines. */
@Singleton
public final class Telemetry implements ServingTelemetry, ReloadTelemetry {
  private static final Logger LOG = Logger.getLogger("dev.millrace.inference");

  private final InferenceMeters meters;
  private final InferenceTracing tracing;
  private final InferenceStatistics statistics;
  private volatile String verifying;

  public Telemetry(
      InferenceMeters meters, InferenceTracing tracing, InferenceStatistics statistics) {
    this.statistics = statistics;
    this.meters = meters;
    this.tracing = tracing;
  }

  @Override
  public RequestTelemetry requestArrived(int images) {
    return new FollowedRequest();
  }

  /** The metrics and spans of one request. */
  private final class FollowedRequest implements RequestTelemetry {
    private final InferenceTracing.Request trace = tracing.new Request();
    private final long arrived = System.nanoTime();

    @Override
    public void forwardBegun() {
      Duration waited = sinceArrival();
      meters.waited(waited);
      statistics.waited(waited);
      trace.forwardBegun();
    }

    @Override
    public void answered(CheckpointManifest checkpoint) {
      Duration took = sinceArrival();
      meters.answered(took);
      statistics.answered(took);
      trace.answered(checkpoint);
    }

    @Override
    public void failed(Throwable failure) {
      meters.failed(failure);
      statistics.failed(sinceArrival());
    }

    private Duration sinceArrival() {
      return Duration.ofNanos(System.nanoTime() - arrived);
    }
  }

  @Override
  public void batchCompleted(BatchTimes pass) {
    meters.batchCompleted(pass);
    statistics.completed(pass, Instant.now());
  }

  @Override
  public void batchFailed(int images, Throwable failure) {
    LOG.errorf(failure, "a forward pass over %d images failed", images);
  }

  @Override
  public void requestAbandoned(int images) {
    LOG.debugf("a request of %d images was abandoned in the queue", images);
  }

  @Override
  public void reloadPhaseCompleted(ReloadPhase phase, Duration took) {
    meters.reloadPhaseCompleted(phase, took);
    tracing.reloadPhaseCompleted(phase, took);
  }

  @Override
  public void reloadChanged(ReloadState state) {
    if (state instanceof Verifying candidate) {
      verifying = candidate.checkpoint();
      tracing.reloadBegun(candidate.run(), candidate.checkpoint());
      return;
    }
    log(state);
    if (verifying != null) {
      ended(state);
      verifying = null;
    }
  }

  private void ended(ReloadState state) {
    if (state instanceof Refused refusal) {
      meters.reloaded("refused");
      tracing.reloadEnded(refusal.reason());
    } else if (state instanceof Serving serving && serving.checkpoint().id().equals(verifying)) {
      meters.reloaded("serving");
      meters.serving(serving.checkpoint());
      tracing.reloadEnded(null);
    } else {
      meters.reloaded("failed");
      tracing.reloadEnded("abandoned until the next poll");
    }
  }

  private static void log(ReloadState state) {
    if (state instanceof Serving serving) {
      LOG.infof(
          "serving checkpoint %s of run %s", serving.checkpoint().id(), serving.checkpoint().run());
    } else if (state instanceof Refused refusal) {
      LOG.errorf(
          "refused checkpoint %s of run %s: %s; %s",
          refusal.checkpoint(),
          refusal.run(),
          refusal.reason(),
          refusal
              .serving()
              .map(old -> "still serving " + old.checkpoint().id())
              .orElse("serving nothing"));
    }
  }

  @Override
  public void reloadFailed(RuntimeException failure) {
    LOG.error("polling for a checkpoint failed; it will be retried", failure);
  }

  @Override
  public void storeChanged(StoreStatus status) {
    status
        .problem()
        .ifPresentOrElse(
            problem -> LOG.warnf("the checkpoint store has a problem: %s", problem),
            () -> LOG.info("the checkpoint store works again"));
  }
}
