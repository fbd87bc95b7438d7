package dev.millrace.inference.run;

import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.run.TrainingEvent.Type;
import dev.millrace.waits.Waits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Tracks what the services wait for. Ingest and trainers report it by events. Thread-safe. */
public final class ServiceWaits {
  private static final int KEPT = 64;
  private static final String TRAINER = "trainer";
  private static final String INFERENCE = "inference";

  /**
   * A wait.
   *
   * @param service {@code ingest}, {@code trainer} or {@code inference}
   * @param what completes "waits for …"
   */
  public record ServiceWait(String service, String what, Instant since) {}

  /**
   * The source of a wait.
   *
   * @param run the trainer's run; null for ingest
   */
  private record Waiter(String service, String run) {}

  private final Waits own;
  private final Map<Waiter, ServiceWait> others =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Waiter, ServiceWait> eldest) {
          return size() > KEPT;
        }
      };

  /**
   * Creates a tracker.
   *
   * @param own the waits of this service
   */
  public ServiceWaits(Waits own) {
    this.own = own;
  }

  /** Clears the wait of a trainer that makes progress, and all waits after the last step. */
  public synchronized void add(TrainingEvent event) {
    if (event.type() == Type.WAITING && event.service() != null) {
      Waiter waiter = new Waiter(event.service(), event.run());
      if (event.message() == null) {
        others.remove(waiter);
      } else {
        others.put(waiter, new ServiceWait(event.service(), event.message(), event.time()));
      }
    } else if (event.isProgress()) {
      others.remove(new Waiter(TRAINER, event.run()));
      if (event.type() == Type.FINISHED) {
        others.keySet().removeIf(waiter -> waiter.run == null);
      }
    }
  }

  /**
   * Returns the waits of the services that work for a run.
   *
   * @param run null for all waits
   */
  public List<ServiceWait> of(String run) {
    List<ServiceWait> waits = new ArrayList<>();
    synchronized (this) {
      others.forEach(
          (waiter, wait) -> {
            if (run == null || waiter.run == null || Objects.equals(waiter.run, run)) {
              waits.add(wait);
            }
          });
    }
    own.current().forEach(wait -> waits.add(new ServiceWait(INFERENCE, wait.what(), wait.since())));
    return waits;
  }
}
