package dev.millrace.ingest.kafka;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Finds the slowest trainer, without those that were absent for too long. A trainer is absent while
 * its group has no members. Absence adds up until its offset moves, so that a trainer that restarts
 * again and again without saving a checkpoint does not block the others. A trainer is dropped only
 * while another one is active, so that a single run may pause for any time. It counts again as soon
 * as it is present. One thread updates it; {@link #dropped()} may be read by any.
 */
public final class SlowestTrainer {
  private final long timeoutNanos;
  private final LongSupplier nanoTime;
  private final Map<String, Seen> seen = new HashMap<>();
  private volatile Set<String> dropped = Set.of();

  /**
   * A trainer at the last update.
   *
   * @param absentNanos how long it was absent since its offset last moved
   */
  private record Seen(List<Long> offsets, boolean present, long absentNanos, long nanoTime) {}

  /**
   * Creates an instance that knows of no trainer yet.
   *
   * @param timeout for how long a trainer may be absent
   * @param nanoTime monotonic, such as {@link System#nanoTime()}
   */
  public SlowestTrainer(Duration timeout, LongSupplier nanoTime) {
    this.timeoutNanos = timeout.toNanos();
    this.nanoTime = nanoTime;
  }

  /**
   * Updates the state of the trainers.
   *
   * @return by partition: the offset of the slowest trainer that counts; empty without trainers
   */
  public Optional<List<Long>> update(Collection<TrainerGroup> trainers) {
    long now = nanoTime.getAsLong();
    seen.keySet().retainAll(trainers.stream().map(TrainerGroup::name).toList());
    List<TrainerGroup> counted = trainers.stream().filter(group -> counts(group, now)).toList();
    if (counted.isEmpty()) {
      counted = List.copyOf(trainers);
    }
    Set<String> gone = new TreeSet<>();
    for (TrainerGroup trainer : trainers) {
      if (!counted.contains(trainer)) {
        gone.add(trainer.name());
      }
    }
    dropped = gone;
    return counted.stream().map(TrainerGroup::offsets).reduce(SlowestTrainer::smaller);
  }

  private static List<Long> smaller(List<Long> a, List<Long> b) {
    return IntStream.range(0, a.size()).mapToObj(i -> Math.min(a.get(i), b.get(i))).toList();
  }

  private boolean counts(TrainerGroup trainer, long now) {
    Seen last = seen.get(trainer.name());
    boolean moved = last == null || !trainer.offsets().equals(last.offsets());
    long absent = moved ? 0 : last.absentNanos();
    if (!moved && !trainer.present() && !last.present()) {
      absent += now - last.nanoTime();
    }
    seen.put(trainer.name(), new Seen(trainer.offsets(), trainer.present(), absent, now));
    return trainer.present() || absent < timeoutNanos;
  }

  /** Returns the groups of the trainers that were absent for too long. */
  public Set<String> dropped() {
    return dropped;
  }
}
