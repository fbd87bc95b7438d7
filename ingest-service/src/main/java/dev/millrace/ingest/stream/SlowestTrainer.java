package dev.millrace.ingest.stream;

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
 * Which trainer the stream waits for: the slowest, but for those that are gone for too long. A
 * trainer is gone while its group has no members and its offset does not move; it is dropped only
 * for the sake of one that is not gone, so that a run on its own may rest as long as it likes. It
 * counts again as soon as it is back. One thread updates it; {@link #dropped()} may be read by any.
 */
public final class SlowestTrainer {
  private final long timeoutNanos;
  private final LongSupplier nanoTime;
  private final Map<String, Sign> lastSigns = new HashMap<>();
  private volatile Set<String> dropped = Set.of();

  /** When a trainer last showed that it lives. */
  private record Sign(List<Long> offsets, long nanoTime) {}

  /**
   * @param timeout for how long a trainer may be gone
   * @param nanoTime monotonic, such as {@link System#nanoTime()}
   */
  public SlowestTrainer(Duration timeout, LongSupplier nanoTime) {
    this.timeoutNanos = timeout.toNanos();
    this.nanoTime = nanoTime;
  }

  /**
   * Takes in how the trainers stand now.
   *
   * @return by partition: the offset of the slowest that counts; empty if there is no trainer at
   *     all
   */
  public Optional<List<Long>> update(Collection<TrainerGroup> trainers) {
    long now = nanoTime.getAsLong();
    lastSigns.keySet().retainAll(trainers.stream().map(TrainerGroup::name).toList());
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
    Sign last = lastSigns.get(trainer.name());
    if (last == null || trainer.present() || !trainer.offsets().equals(last.offsets())) {
      lastSigns.put(trainer.name(), new Sign(trainer.offsets(), now));
      return true;
    }
    return now - last.nanoTime() < timeoutNanos;
  }

  /** The trainers that are not waited for, by their groups' names. */
  public Set<String> dropped() {
    return dropped;
  }
}
