package dev.millrace.inference.page;

import dev.millrace.inference.run.EventLog;
import dev.millrace.inference.run.RunDocuments;
import dev.millrace.inference.run.RunView;
import dev.millrace.inference.run.TrainingHistory;
import dev.millrace.inference.serving.CheckpointReloader;
import dev.millrace.model.CheckpointStore;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Makes the objects of the pure package. */
final class PageBeans {
  /** A quarter of an hour of a training's progress. */
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
  RunView view(
      @ConfigProperty(name = "millrace.inference.run") Optional<String> run,
      TrainingHistory history,
      CheckpointStore store,
      EventLog log,
      CheckpointReloader reloader) {
    Clock clock = Clock.systemUTC();
    return new RunView(run, history, new RunDocuments(store, clock), log, reloader::state, clock);
  }
}
