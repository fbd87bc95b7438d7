package dev.millrace.benchmarks.process;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A counter of a running service, read over HTTP as Prometheus does. */
final class Counter {
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final HttpClient http = HttpClient.newHttpClient();
  private final HttpRequest request;
  private final String prefix;

  /**
   * @param series such as {@code name_total{split="train"}}
   */
  Counter(int port, String series) {
    request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/q/metrics".formatted(port))).build();
    prefix = series + " ";
  }

  record Mark(double value, long nanos) {
    /** A second of the wall's clock, since an earlier mark. */
    double rateSince(Mark begin) {
      return (value - begin.value) / ((nanos - begin.nanos) / 1e9);
    }
  }

  /**
   * Waits for a value. What is returned may be more, but is of its time.
   *
   * @param pause between two questions, which take the service some time on its cores
   * @throws IllegalStateException if the service ends, or time is up
   */
  Mark await(double wanted, Duration pause, BooleanSupplier alive) throws InterruptedException {
    return awaitSum(List.of(this), wanted, pause, alive);
  }

  /** Like {@link #await}, for the sum of several services' counters. */
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
            "%s came to %.0f of %.0f".formatted(counters.get(0).prefix, value, wanted));
      }
      Thread.sleep(pause.toMillis());
    }
  }

  /** The value now; 0 as long as there is none, or no service. */
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
      // The service is not up yet.
      return 0;
    }
  }
}
