package dev.millrace.inference.page;

import dev.millrace.checkpoint.CheckpointStore;
import dev.millrace.inference.reload.CheckpointReloader;
import dev.millrace.inference.run.EventLog;
import dev.millrace.inference.run.FailedRuns;
import dev.millrace.inference.run.RunDocuments;
import dev.millrace.inference.run.RunView;
import dev.millrace.inference.run.ServiceWaits;
import dev.millrace.inference.run.TrainingHistory;
import dev.millrace.inference.selection.RunSelector;
import dev.millrace.waits.Waits;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.UUID;

/** Creates the objects of the package {@code run}. */
final class PageBeans {
  /** About a quarter of an hour of training progress. */
  private static final int EVENTS_KEPT = 1024;

  @Produces
  @Singleton
  EventLog log() {
    return new EventLog(UUID.randomUUID().toString().substring(0, 8), EVENTS_KEPT);
  }

  @Produces
  @Singleton
  TrainingHistory history() {
    return new TrainingHistory();
  }

  @Produces
  @Singleton
  ServiceWaits waits(Waits own) {
    return new ServiceWaits(own);
  }

  @Produces
  @Singleton
  FailedRuns failedRuns(RunSelector run) {
    return new FailedRuns(run);
  }

  @Produces
  @Singleton
  RunView view(
      RunSelector run,
      TrainingHistory history,
      CheckpointStore store,
      EventLog log,
      CheckpointReloader reloader,
      ServiceWaits waits) {
    Clock clock = Clock.systemUTC();
    return new RunView(
        run, history, new RunDocuments(store, clock), log, reloader::state, waits, clock);
  }
}
