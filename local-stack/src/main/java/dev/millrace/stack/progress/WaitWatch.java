package dev.millrace.stack.progress;

import dev.millrace.stack.home.Ports;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Shows what the stack waits for while training makes no progress. */
public final class WaitWatch {
  private static final Duration SILENCE = Duration.ofSeconds(5);

  /** A source of the waits of all processes. */
  interface Source {
    List<Wait> waits() throws InterruptedException;
  }

  private record Subject(String process, String what) {}

  private final Source source;
  private final Console console;
  private final Clock clock;
  private Set<Subject> told = new HashSet<>();

  public WaitWatch(Source source, Console console, Clock clock) {
    this.source = source;
    this.console = console;
    this.clock = clock;
  }

  /**
   * Shows the waits if there has been no progress for some seconds. While there is progress, the
   * services are not queried, because that takes some of their time.
   *
   * @param lastProgress the time of the last training event
   */
  public void update(Instant lastProgress) throws InterruptedException {
    Instant now = clock.instant();
    if (Duration.between(lastProgress, now).compareTo(SILENCE) < 0) {
      told = new HashSet<>();
      return;
    }
    List<Wait> waits = source.waits();
    Set<Subject> present = new HashSet<>();
    for (Wait wait : waits) {
      Subject subject = new Subject(wait.process(), wait.what());
      if (!told.contains(subject) && !present.contains(subject)) {
        console.printIfPlain(wait.text(now));
      }
      present.add(subject);
    }
    told = present;
    if (!waits.isEmpty()) {
      console.showIfTerminal(
          waits.stream().map(wait -> wait.text(now)).collect(Collectors.joining("; ")));
    }
  }

  /** The waits of a stack's processes. Kafka and S3 count as waits if they do not answer. */
  public static final class OfStack implements Source {
    private final Ports ports;
    private final Clock clock;
    private final ServiceHealth health;
    private final Map<String, Instant> silent = new HashMap<>();

    public OfStack(Ports ports, Clock clock, ServiceHealth health) {
      this.ports = ports;
      this.clock = clock;
      this.health = health;
    }

    @Override
    public List<Wait> waits() throws InterruptedException {
      List<Wait> waits = new ArrayList<>();
      addIfSilent(waits, "Kafka", ports.kafka());
      addIfSilent(waits, "S3", ports.s3());
      waits.addAll(health.waits("ingest", ports.ingest()));
      waits.addAll(health.waits("trainer", ports.trainer()));
      waits.addAll(health.waits("inference", ports.inference()));
      return waits;
    }

    private void addIfSilent(List<Wait> waits, String store, int port) {
      if (Ports.answers(port)) {
        silent.remove(store);
        return;
      }
      Instant since = silent.computeIfAbsent(store, first -> clock.instant());
      if (Duration.between(since, clock.instant()).compareTo(SILENCE) >= 0) {
        waits.add(new Wait("the launcher", store + " to answer on port " + port, since));
      }
    }
  }
}
