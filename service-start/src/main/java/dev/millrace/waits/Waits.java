package dev.millrace.waits;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Tracks and reports the waits of a process, so that no wait is silent.
 *
 * <pre>{@code
 * try (Waits.Wait wait = waits.begin(() -> "the object store: " + lastError)) {
 *   ... // blocks
 * }
 * }</pre>
 *
 * A wait that lasts for {@link #REPORTED_AFTER} is reported once to every {@link Listener}, again
 * if its text changes (at most every 30 s), and once more when it ends. Shorter waits cost two map
 * operations and are never reported. Thread-safe.
 */
public final class Waits implements AutoCloseable {
  /** Duration after which a wait is reported. */
  public static final Duration REPORTED_AFTER = Duration.ofSeconds(5);

  /** Minimum time between two reports of one wait whose text changes. */
  static final Duration REPORTED_AGAIN_AFTER = Duration.ofSeconds(30);

  private static final Duration TICK = Duration.ofMillis(500);

  private final Duration reportedAfter;
  private final Clock clock;
  private final Set<Wait> open = ConcurrentHashMap.newKeySet();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService timer;

  /**
   * Receives reports on the timer's thread or on the thread that ends a wait. Implementations must
   * return quickly.
   */
  public interface Listener {
    /**
     * Called when a wait has lasted for {@link Waits#REPORTED_AFTER}, and later if its text
     * changes.
     */
    void lasting(Waiting wait);

    /** Called when a reported wait has ended. */
    void ended(Waiting wait);
  }

  /** A wait in progress. Close it when it is over. */
  public final class Wait implements AutoCloseable {
    private final Supplier<String> what;
    private final Instant since;
    private volatile Waiting reported;
    private Instant reportedAt;

    private Wait(Supplier<String> what, Instant since) {
      this.what = what;
      this.since = since;
    }

    private Waiting now() {
      return new Waiting(what.get(), since);
    }

    @Override
    public void close() {
      open.remove(this);
      synchronized (this) {
        if (reported != null) {
          Waiting last = reported;
          reported = null;
          listeners.forEach(listener -> listener.ended(last));
        }
      }
    }

    private synchronized void report() {
      Waiting now = now();
      if (open.contains(this) && isNews(now)) {
        reported = now;
        reportedAt = clock.instant();
        listeners.forEach(listener -> listener.lasting(reported));
      }
    }

    private boolean isNews(Waiting now) {
      return reported == null
          || (!now.equals(reported)
              && !clock.instant().isBefore(reportedAt.plus(REPORTED_AGAIN_AFTER)));
    }
  }

  /**
   * Creates an instance that reports waits of {@link #REPORTED_AFTER} or longer from a daemon
   * thread.
   */
  public Waits() {
    this(REPORTED_AFTER, Clock.systemUTC());
    timer.scheduleWithFixedDelay(
        this::report, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Creates an instance for tests, which reports waits only in {@link #report()}. */
  Waits(Duration reportedAfter, Clock clock) {
    this.reportedAfter = reportedAfter;
    this.clock = clock;
    timer =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "waits");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Registers a listener for reports. */
  public void listen(Listener listener) {
    listeners.add(listener);
  }

  /**
   * Registers a receiver that is called when a wait is reported and when a reported wait ends.
   *
   * @param receiver receives the start time of the oldest wait in {@link #current} and the texts of
   *     all of them, joined by semicolons; if there is none, the current time and null
   */
  public void onChange(BiConsumer<Instant, String> receiver) {
    listen(
        new Listener() {
          @Override
          public void lasting(Waiting wait) {
            changed(receiver);
          }

          @Override
          public void ended(Waiting wait) {
            changed(receiver);
          }
        });
  }

  private void changed(BiConsumer<Instant, String> receiver) {
    List<Waiting> now = current();
    if (now.isEmpty()) {
      receiver.accept(clock.instant(), null);
    } else {
      receiver.accept(
          now.get(0).since(), now.stream().map(Waiting::what).collect(Collectors.joining("; ")));
    }
  }

  /**
   * Begins a wait.
   *
   * @param what returns the text that completes the sentence "waiting for …"; called only if the
   *     wait is reported, and by another thread
   */
  public Wait begin(Supplier<String> what) {
    Wait wait = new Wait(what, clock.instant());
    open.add(wait);
    return wait;
  }

  /** Begins a wait with a constant text. */
  public Wait begin(String what) {
    return begin(() -> what);
  }

  /** Returns the waits that have lasted for {@link #REPORTED_AFTER} or longer, oldest first. */
  public List<Waiting> current() {
    Instant latest = clock.instant().minus(reportedAfter);
    List<Waiting> lasting = new ArrayList<>();
    for (Wait wait : open) {
      if (!wait.since.isAfter(latest)) {
        lasting.add(wait.now());
      }
    }
    lasting.sort(Comparator.comparing(Waiting::since));
    return lasting;
  }

  /** Reports the waits that are long enough by now. */
  void report() {
    Instant latest = clock.instant().minus(reportedAfter);
    open.stream().filter(wait -> !wait.since.isAfter(latest)).forEach(Wait::report);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
