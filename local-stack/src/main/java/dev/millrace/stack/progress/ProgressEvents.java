package dev.millrace.stack.progress;

import dev.millrace.protocol.Json;
import dev.millrace.protocol.run.TrainingEvent;
import java.time.Clock;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/** Shows the events of a run. Records that are no events do no harm. */
public final class ProgressEvents {
  /** The largest number of different errors to report. */
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
   * Shows an event of the run. Ignores events of other runs, and types of events that this version
   * does not know.
   *
   * @param place topic and offset of the record, for the message about a malformed one
   */
  public void show(String place, byte[] value) {
    try {
      TrainingEvent event = Json.read(value, TrainingEvent.class);
      if (event.isProgress() && run.equals(event.run())) {
        console.printProgress(event);
        trained = true;
        last = clock.instant();
      }
    } catch (RuntimeException e) {
      // Report each error once: another program may write thousands of such records.
      if (told.size() < MOST_REASONS && told.add(String.valueOf(e.getMessage()))) {
        console.print("%s is not an event and is ignored (%s)".formatted(place, e));
      }
    }
  }

  /** Returns whether an event has been received. */
  public boolean trained() {
    return trained;
  }

  /** Returns the time of the last event; before the first one, the time of construction. */
  public Instant last() {
    return last;
  }
}
