package dev.millrace.benchmarks.process;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A counter metric of a running service, read over HTTP as Prometheus does. */
final class Counter {
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final HttpClient http = HttpClient.newHttpClient();
  private final HttpRequest request;
  private final String prefix;

  /**
   * Creates a reader of a counter.
   *
   * @param series the series, such as {@code name_total{split="train"}}
   */
  Counter(int port, String series) {
    request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/q/metrics".formatted(port))).build();
    prefix = series + " ";
  }

  record Mark(double value, long nanos) {
    /** Returns the increase per second of wall-clock time since an earlier mark. */
    double rateSince(Mark begin) {
      return (value - begin.value) / ((nanos - begin.nanos) / 1e9);
    }
  }

  /**
   * Waits until the counter reaches a value. The returned mark has the value and the time of the
   * last read, which may be higher than wanted.
   *
   * @param pause the time between two reads, each of which takes CPU time of the service
   * @throws IllegalStateException if the service ends, or on a timeout
   */
  Mark await(double wanted, Duration pause, BooleanSupplier alive) throws InterruptedException {
    return awaitSum(List.of(this), wanted, pause, alive);
  }

  /** Waits as {@link #await} does, for the sum of several services' counters. */
  static Mark awaitSum(List<Counter> counters, double wanted, Duration pause, BooleanSupplier alive)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      double value = 0;
      for (Counter counter : counters) {
        value += counter.value();
      }
      if (value >= wanted) {
        return new Mark(value, System.nanoTime());
      }
      if (!alive.getAsBoolean() || System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "%sis %.0f and did not reach %.0f: the service ended, or took over %d minutes"
                .formatted(counters.get(0).prefix, value, wanted, PATIENCE.toMinutes()));
      }
      Thread.sleep(pause.toMillis());
    }
  }

  /** Reads the value; 0 if the series or the service does not exist yet. */
  double value() throws InterruptedException {
    try {
      return http.send(request, BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(prefix))
          .mapToDouble(line -> Double.parseDouble(line.substring(prefix.length())))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      // The service has not started yet.
      return 0;
    }
  }
}
