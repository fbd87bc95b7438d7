package dev.millrace.inference.run;

import dev.millrace.inference.selection.RunSelector;
import dev.millrace.protocol.run.EpochMetrics;
import dev.millrace.protocol.run.TrainingEvent;
import dev.millrace.protocol.run.TrainingEvent.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Keeps the progress of the newest runs from their training events. It is bounded: progress is
 * thinned out as it grows. Thread-safe.
 */
public final class TrainingHistory {
  static final int RUNS_KEPT = 8;
  static final int POINTS_KEPT = 2_000;

  /**
   * A point of progress.
   *
   * @param epochs completed so far; 2.5 is the middle of the third
   * @param loss mean over the epoch so far, in nats
   * @param accuracy of the epoch so far, in [0, 1]
   */
  public record ProgressPoint(double epochs, double loss, double accuracy) {}

  private static final class Run {
    private final List<ProgressPoint> points = new ArrayList<>();
    private final Map<Integer, EpochMetrics> epochs = new TreeMap<>();
    private TrainingEvent latest;
    private int stride = 1;
    private int skipped;

    void add(TrainingEvent event) {
      latest = event;
      if (event.type() == Type.EPOCH) {
        // A run that was resumed from an earlier epoch repeats it.
        epochs.keySet().removeIf(epoch -> epoch > event.epoch());
        epochs.put(event.epoch(), EpochMetrics.of(event));
      }
      boolean progress = event.type() == Type.PROGRESS || event.type() == Type.EPOCH;
      if (progress && event.batches() > 0 && event.loss() != null && event.accuracy() != null) {
        double place = event.epoch() - 1 + (double) event.batch() / event.batches();
        add(new ProgressPoint(place, event.loss(), event.accuracy()), event.type() == Type.EPOCH);
      }
    }

    private void add(ProgressPoint point, boolean always) {
      while (!points.isEmpty() && points.get(points.size() - 1).epochs() >= point.epochs()) {
        points.remove(points.size() - 1);
      }
      skipped++;
      if (!always && skipped < stride) {
        return;
      }
      skipped = 0;
      points.add(point);
      if (points.size() > POINTS_KEPT) {
        for (int i = points.size() - 2; i >= 0; i -= 2) {
          points.remove(i);
        }
        stride *= 2;
      }
    }
  }

  private final Map<String, Run> runs =
      new LinkedHashMap<>(RUNS_KEPT, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Run> eldest) {
          return size() > RUNS_KEPT;
        }
      };

  public synchronized void add(TrainingEvent event) {
    runs.computeIfAbsent(event.run(), name -> new Run()).add(event);
  }

  /** Returns the selected run with the newest event. */
  public synchronized Optional<String> newestRun(RunSelector of) {
    Optional<String> newest = Optional.empty();
    Instant at = Instant.MIN;
    for (Map.Entry<String, Run> run : runs.entrySet()) {
      if (of.includes(run.getKey()) && run.getValue().latest.time().isAfter(at)) {
        at = run.getValue().latest.time();
        newest = Optional.of(run.getKey());
      }
    }
    return newest;
  }

  synchronized Optional<TrainingEvent> latest(String run) {
    return Optional.ofNullable(runs.get(run)).map(known -> known.latest);
  }

  /** Returns the epochs in ascending order, without those that a resumed run repeats. */
  synchronized List<ProgressPoint> points(String run) {
    Run known = runs.get(run);
    return known == null ? List.of() : List.copyOf(known.points);
  }

  /** Returns the progress in ascending order. */
  synchronized Collection<EpochMetrics> epochs(String run) {
    Run known = runs.get(run);
    return known == null ? List.of() : List.copyOf(known.epochs.values());
  }
}
