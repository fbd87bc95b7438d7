package dev.millrace.stack.progress;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.TrainingEvent;
import java.time.Clock;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/** Shows a run's events. Others may write anything beside them, which disturbs nothing. */
public final class ProgressEvents {
  /** So many different reasons are told. */
  private static final int MOST_REASONS = 100;

  private final String run;
  private final Console console;
  private final Clock clock;
  private final Set<String> told = new HashSet<>();
  private volatile boolean trained;
  private volatile Instant last;

  public ProgressEvents(String run, Console console, Clock clock) {
    this.run = run;
    this.console = console;
    this.clock = clock;
    this.last = clock.instant();
  }

  /**
   * Shows an event of the run; leaves out what is of another run, or of a type that newer services
   * write.
   *
   * @param place where the record stands, for the line that says that it is no event
   */
  public void show(String place, byte[] value) {
    try {
      TrainingEvent event = Json.read(value, TrainingEvent.class);
      if (event.isProgress() && run.equals(event.run())) {
        console.progress(event);
        trained = true;
        last = clock.instant();
      }
    } catch (RuntimeException e) {
      // Each reason once: a stranger may write thousands of the same.
      if (told.size() < MOST_REASONS && told.add(String.valueOf(e.getMessage()))) {
        console.say("%s: no event (%s)".formatted(place, e));
      }
    }
  }

  /** Whether an event has come. */
  public boolean trained() {
    return trained;
  }

  /** When the last event came, or when it was first waited for. */
  public Instant last() {
    return last;
  }
}
